import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { createFakeClock } from '@alfred/testkit'
import { expect, it, vi } from 'vitest'
import type { AnswerStream, ChatProvider, Finish, ProviderName } from './chat-provider.ts'
import { type Answer, createFailover } from './failover.ts'
import {
  AnswerInterruptedError,
  ClientGoneError,
  ProvidersUnavailableError,
  QuestionRefusedError,
} from './provider-failure.ts'

type Behaviour = (signal: AbortSignal) => AsyncGenerator<string>

const says = (...tokens: readonly string[]): Behaviour =>
  async function* () {
    await Promise.resolve()
    yield* tokens
  }

/** Says `tokens`, then throws `error`. */
const breaks = (error: Error, ...tokens: readonly string[]): Behaviour =>
  async function* () {
    await Promise.resolve()
    yield* tokens
    throw error
  }

/** Says `tokens`, then nothing until it is aborted. */
const hangs = (...tokens: readonly string[]): Behaviour =>
  async function* (signal) {
    yield* tokens
    if (!signal.aborted) await once(signal, 'abort')
    throw new Error('aborted')
  }

const status = (code: number): Error => Object.assign(new Error('refused'), { status: code })

/** Finished once its last piece was read, unless it says otherwise. */
function answering(name: string, pieces: AsyncGenerator<string>, finish: Finish = 'stop'): AnswerStream {
  let ended: Finish = 'cut'
  async function* tokens(): AsyncGenerator<string> {
    yield* pieces
    ended = finish
  }
  return { model: `${name}-model`, tokens: tokens(), finish: () => ended, usage: () => undefined }
}

function provider(name: ProviderName, behaviour: Behaviour) {
  const answer = vi.fn((_turns: unknown, signal: AbortSignal) =>
    Promise.resolve(answering(name, behaviour(signal))),
  )
  return { name, answer, probe: () => Promise.resolve() } satisfies ChatProvider
}

const { signal } = new AbortController()
const turns = [{ role: 'user', content: 'hello' }] as const

async function read({ tokens }: Answer): Promise<string> {
  let text = ''
  for await (const token of tokens) text += token
  return text
}

it.each([
  ['status 500', breaks(status(500)), 'server-error'],
  ['status 429', breaks(status(429)), 'rate-limited'],
  ['status 401', breaks(status(401)), 'unauthorized'],
  ['status 404', breaks(status(404)), 'not-found'],
  ['a broken connection', breaks(new Error('ECONNRESET')), 'network'],
  ['no first token in time', hangs(), 'timeout'],
])('asks the next provider after %s', async (_what, behaviour, reason) => {
  const onFailure = vi.fn()
  const failover = createFailover({
    providers: [provider('openai', behaviour), provider('anthropic', says('hi', ' there'))],
    firstTokenMs: 20,
    onFailure,
  })
  const answer = await failover.answer(turns, { signal })
  expect(answer).toMatchObject({ provider: 'anthropic', model: 'anthropic-model' })
  expect(await read(answer)).toBe('hi there')
  expect(onFailure).toHaveBeenCalledExactlyOnceWith(
    { provider: 'openai', reason, retryAfterMs: undefined },
    expect.any(Error),
  )
})

it('never asks another provider once an answer has begun', async () => {
  const second = provider('anthropic', says('other'))
  const failover = createFailover({
    providers: [provider('openai', breaks(status(500), 'half')), second],
  })
  const { tokens } = await failover.answer(turns, { signal })
  const heard: string[] = []
  await expect(async () => {
    for await (const token of tokens) heard.push(token)
  }).rejects.toThrow(AnswerInterruptedError)
  expect(heard).toEqual(['half'])
  expect(second.answer).not.toHaveBeenCalled()
})

it('ends an answer that stalls', async () => {
  const clock = createFakeClock()
  const failover = createFailover({ providers: [provider('openai', hangs('one'))], idleMs: 1000, clock })
  const iterator = (await failover.answer(turns, { signal })).tokens[Symbol.asyncIterator]()
  await iterator.next()
  const second = iterator.next()
  clock.advance(1000)
  await expect(second).rejects.toThrow(AnswerInterruptedError)
  expect(clock.pendingTimers).toBe(0)
})

it('says who failed and why when nobody answers', async () => {
  const failover = createFailover({
    providers: [provider('openai', breaks(status(503))), provider('ollama', breaks(status(404)))],
  })
  const error: unknown = await failover.answer(turns, { signal }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ProvidersUnavailableError)
  expect(error).toMatchObject({
    failures: [
      { provider: 'openai', reason: 'server-error' },
      { provider: 'ollama', reason: 'not-found' },
    ],
  })
})

it('asks only the provider that was wished for', async () => {
  const first = provider('openai', says('first'))
  const failover = createFailover({ providers: [first, provider('ollama', says('second'))] })
  expect(await read(await failover.answer(turns, { signal, only: 'ollama' }))).toBe('second')
  expect(first.answer).not.toHaveBeenCalled()
})

it('leaves a provider alone after failures in a row, and tries it again later', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const first = provider('openai', breaks(status(500)))
    const failover = createFailover({
      providers: [first, provider('ollama', says('ok'))],
      breakAfter: 2,
      breakMs: 1000,
    })
    for (let n = 0; n < 4; n++) await read(await failover.answer(turns, { signal }))
    expect(first.answer).toHaveBeenCalledTimes(2)
    expect(failover.broken()).toEqual(['openai'])
    vi.setSystemTime(Date.now() + 1001)
    await read(await failover.answer(turns, { signal }))
    expect(first.answer).toHaveBeenCalledTimes(3)
  } finally {
    vi.useRealTimers()
  }
})

const said = (code: number, words: object, headers = {}): Error =>
  Object.assign(status(code), { error: words, headers: new Headers(headers) })

it.each([
  ['a request that it refuses', status(400), 'refused'],
  ['a body that is too large', status(413), 'too-large'],
  ['OpenAI’s full window', said(400, { code: 'context_length_exceeded' }), 'context-too-long'],
  [
    'Anthropic’s full window',
    said(400, { error: { message: 'prompt is too long: 3 > 2' } }),
    'context-too-long',
  ],
  ['a filtered question', said(400, { code: 'content_filter' }), 'filtered'],
])('blames the asker alone for %s: nobody else is asked, nothing breaks', async (_what, error, reason) => {
  const second = provider('anthropic', says('hi'))
  const onFailure = vi.fn()
  const failover = createFailover({
    providers: [provider('openai', breaks(error)), second],
    breakAfter: 1,
    onFailure,
  })
  for (let n = 0; n < 3; n++) {
    const thrown: unknown = await failover.answer(turns, { signal }).catch((cause: unknown) => cause)
    expect(thrown).toBeInstanceOf(QuestionRefusedError)
    expect(thrown).toMatchObject({ reason })
  }
  expect(failover.broken()).toEqual([])
  expect(onFailure).not.toHaveBeenCalled()
  expect(second.answer).not.toHaveBeenCalled()
})

it('does not ask a busy provider before the time that it named, and says when to come back', async () => {
  const clock = createFakeClock()
  const first = provider('openai', breaks(said(429, {}, { 'retry-after': '37' })))
  const failover = createFailover({ providers: [first], breakAfter: 1, clock })
  const ask = (): Promise<unknown> => failover.answer(turns, { signal }).catch((error: unknown) => error)
  expect(await ask()).toMatchObject({ isBusy: true, retryAfterMs: 37_000 })
  clock.advance(30_000)
  expect(await ask()).toMatchObject({ isBusy: true, retryAfterMs: 7000 })
  expect(first.answer).toHaveBeenCalledTimes(1)
  clock.advance(7000)
  await ask()
  expect(first.answer).toHaveBeenCalledTimes(2)
  expect(failover.broken()).toEqual([])
})

it.each(['length', 'refusal', 'filter', 'stop'] as const)(
  'takes an empty answer that ended by %s',
  async (finish) => {
    const second = provider('anthropic', says('hi'))
    const silent: ChatProvider = {
      name: 'openai',
      answer: () => Promise.resolve(answering('openai', says()(signal), finish)),
      probe: () => Promise.resolve(),
    }
    const failover = createFailover({ providers: [silent, second] })
    const answer = await failover.answer(turns, { signal })
    expect(await read(answer)).toBe('')
    expect(answer.finish()).toBe(finish)
    expect(second.answer).not.toHaveBeenCalled()
  },
)

it('fails over while a provider has shown signs of life only', async () => {
  const failover = createFailover({
    providers: [provider('openai', breaks(status(500), '', '')), provider('anthropic', says('hi'))],
  })
  expect(await read(await failover.answer(turns, { signal }))).toBe('hi')
})

it('keeps an answer that the provider has finished before its connection breaks', async () => {
  const finished: ChatProvider = {
    name: 'openai',
    answer: () =>
      Promise.resolve({
        model: 'm',
        tokens: breaks(new Error('reset'), 'whole')(signal),
        finish: () => 'stop',
        usage: () => undefined,
      }),
    probe: () => Promise.resolve(),
  }
  const onFailure = vi.fn()
  const failover = createFailover({ providers: [finished], onFailure })
  expect(await read(await failover.answer(turns, { signal }))).toBe('whole')
  expect(onFailure).not.toHaveBeenCalled()
})

it('gives a slot back when an answer ends, however it ends', async () => {
  const failover = createFailover({
    providers: [provider('openai', says('a', 'b'))],
    concurrentAnswers: 1,
    waitingAnswers: 0,
  })
  const ask = () => failover.answer(turns, { signal })
  const unread = await ask()
  await expect(ask()).rejects.toMatchObject({ failures: [{ provider: 'openai', reason: 'busy' }] })
  await read(unread)
  await setImmediate()
  const left = (await ask()).tokens[Symbol.asyncIterator]()
  await left.next()
  await left.return?.()
  await setImmediate()
  const client = new AbortController()
  await failover.answer(turns, { signal: client.signal })
  client.abort()
  await setImmediate()
  expect(await read(await ask())).toBe('ab')
})

it('does not blame the provider when the client leaves', async () => {
  const onFailure = vi.fn()
  const client = new AbortController()
  const failover = createFailover({
    providers: [provider('openai', hangs()), provider('ollama', says('late'))],
    breakAfter: 1,
    onFailure,
  })
  const waiting = failover.answer(turns, { signal: client.signal })
  client.abort()
  await expect(waiting).rejects.toThrow(ClientGoneError)
  expect(onFailure).not.toHaveBeenCalled()
  expect(failover.broken()).toEqual([])
})
