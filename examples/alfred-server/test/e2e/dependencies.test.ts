import {
  type FakeProvider,
  freePort,
  type PostgresService,
  type RedisService,
  startFakeAnthropic,
  startFakeOllama,
  startFakeOpenAi,
  startPostgres,
  startRedis,
} from '@alfred/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnAlfred, startAlfred, waitForReadiness } from './alfred-process.ts'
import {
  becomeGuest,
  chatAnswer,
  guestOf,
  postChat,
  problem,
  readConversation,
  streamChat,
} from './client.ts'
import { nextEvent, readEvents } from './read-events.ts'

let postgres: PostgresService
let redis: RedisService
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
})
afterAll(async () => {
  await Promise.all([postgres.stop(), redis.stop()])
})

const services = () => ({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, TRUST_PROXY: 'loopback' })

it('uses PostgreSQL and Redis when they are named, and shares the limits between instances', async () => {
  await using first = await startAlfred({ env: services() })
  await using second = await startAlfred({ env: services() })
  expect(first.output()).toMatch(/database {2,}PostgreSQL at 127\.0\.0\.1:\d+\/postgres/)
  expect(first.output()).toMatch(/rate limits {2,}Redis at 127\.0\.0\.1:\d+/)
  // The first requests compile code, and a store that answers late is counted without: those of another client.
  for (const { url } of [first, second, first, second]) {
    await postChat(url, { message: '' }, { 'x-forwarded-for': '198.51.100.9' })
  }
  const who = { 'x-forwarded-for': '198.51.100.1' }
  // One unit comes back every six seconds, so a slow machine may get a few more than ten through.
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, n) => postChat((n % 2 === 0 ? first : second).url, { message: '' }, who)),
  )
  const admitted = responses.filter(({ status }) => status === 422).length
  expect(admitted).toBeGreaterThanOrEqual(10)
  expect(admitted).toBeLessThan(16)
})

it('starts while PostgreSQL is down, says so, and recovers by itself', async () => {
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${String(port)}/postgres`
  await using alfred = await spawnAlfred({ env: { ...services(), DATABASE_URL: url } })
  await waitForReadiness(alfred, 503)
  expect((await fetch(`${alfred.url}/livez`)).status).toBe(200)
  const refused = await postChat(alfred.url, { message: 'hi' })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(problem.parse(await refused.json()).type).toBe('urn:alfred:problem:database-unavailable')
  await expect
    .poll(() => alfred.output(), { timeout: 10_000 })
    .toMatch(/PostgreSQL at .*\n +! does not answer/)

  await using late = await startPostgres({ port })
  await waitForReadiness(alfred, 200)
  expect((await postChat(alfred.url, { message: 'hi' })).status).toBe(200)

  await late.kill()
  await waitForReadiness(alfred, 503)
  await late.restart()
  await waitForReadiness(alfred, 200)
  expect((await postChat(alfred.url, { message: 'hi' })).status).toBe(200)
})

it('starts while Redis is down, says so, and recovers by itself', async () => {
  const port = await freePort()
  await using alfred = await spawnAlfred({
    env: { ...services(), REDIS_URL: `redis://127.0.0.1:${String(port)}` },
  })
  await waitForReadiness(alfred, 503)
  await expect.poll(() => alfred.output(), { timeout: 10_000 }).toMatch(/Redis at .*\n +! does not answer/)

  await using late = await startRedis({ port })
  await waitForReadiness(alfred, 200)
  expect(late.port).toBe(port)
  const answer = await postChat(alfred.url, { message: 'hi' }, { 'x-forwarded-for': '198.51.100.2' })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('ratelimit')).toMatch(/"chat";r=9/)
})

describe('with providers', () => {
  let openai: FakeProvider
  let anthropic: FakeProvider
  let ollama: FakeProvider
  beforeAll(async () => {
    ;[openai, anthropic, ollama] = await Promise.all([
      startFakeOpenAi({ answer: 'by openai', apiKeys: ['sk-openai'] }),
      startFakeAnthropic({ answer: 'by anthropic', apiKeys: ['sk-anthropic'] }),
      startFakeOllama({ answer: 'by ollama' }),
    ])
  })
  afterAll(async () => {
    await Promise.all([openai.close(), anthropic.close(), ollama.close()])
  })

  it('asks them in order, fails over before the first token and never after it', async () => {
    await using alfred = await startAlfred({
      env: {
        ...services(),
        OPENAI_API_KEY: 'sk-openai',
        OPENAI_BASE_URL: openai.baseUrl,
        ANTHROPIC_API_KEY: 'sk-anthropic',
        ANTHROPIC_BASE_URL: anthropic.baseUrl,
        OLLAMA_HOST: ollama.baseUrl,
      },
    })
    expect(alfred.output()).toMatch(/answers {2,}openai, then anthropic, then ollama/)
    const who = { 'x-forwarded-for': '198.51.100.3' }
    const ask = async (body: object) => chatAnswer.parse(await (await postChat(alfred.url, body, who)).json())

    expect(await ask({ message: 'hi' })).toMatchObject({ provider: 'openai', demo: false })
    openai.failNext({ status: 500 })
    expect(await ask({ message: 'hi' })).toMatchObject({ message: { content: 'by anthropic' } })
    openai.failNext({ status: 429 })
    anthropic.failNext({ status: 529 })
    expect(await ask({ message: 'hi' })).toMatchObject({ provider: 'ollama' })
    expect(await ask({ message: 'hi', provider: 'ollama' })).toMatchObject({ provider: 'ollama' })

    openai.failNext({ cutAfter: 1 })
    const asked = anthropic.requests.length
    const streamed = await streamChat(alfred.url, { message: 'hi' }, who)
    const events = await Array.fromAsync(readEvents(streamed))
    expect(events.map(({ event }) => event)).toEqual(['start', 'provider', 'token', 'error'])
    expect(events.at(-1)?.data).toMatchObject({ type: 'urn:alfred:problem:answer-interrupted', status: 502 })
    expect(anthropic.requests.filter(({ method }) => method === 'POST').length).toBeLessThanOrEqual(asked)
    const { messages } = await readConversation(
      alfred.url,
      String(events[0]?.data['sessionId']),
      guestOf(streamed),
    )
    expect(messages.map(({ content, complete }) => [content, complete])).toEqual([
      ['hi', true],
      ['by', false],
    ])

    openai.failNext({ status: 500 })
    anthropic.failNext({ status: 500 })
    ollama.failNext({ status: 500 })
    const refused = await postChat(alfred.url, { message: 'hi' }, who)
    expect(refused.status).toBe(503)
    expect(problem.parse(await refused.json())).toMatchObject({
      type: 'urn:alfred:problem:providers-unavailable',
      state: 'failed',
      sessionId: expect.any(String) as string,
    })
  })

  it('counts the tokens that an answer may cost, and in the end those that it did', async () => {
    // One longest answer and a little, so that two at a time do not fit.
    const perDay = 6000
    await using alfred = await startAlfred({
      env: {
        ...services(),
        AI_TOKENS_PER_DAY: String(perDay),
        OPENAI_API_KEY: 'sk-openai',
        OPENAI_BASE_URL: openai.baseUrl,
      },
    })
    const who = { 'x-forwarded-for': '198.51.100.4', ...(await becomeGuest(alfred.url)) }
    const ask = (): Promise<Response> => postChat(alfred.url, { message: 'hi' }, who)
    const left = ({ headers }: Response): number =>
      Number(/"ai-tokens";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
    /** The longest answer, the system prompt and the message, in bytes, are reserved. */
    const expectLeft = (response: Response, spent: number): void => {
      const reserved = perDay - spent - left(response)
      expect(reserved).toBeGreaterThan(4096)
      expect(reserved).toBeLessThan(4400)
    }

    const first = await ask()
    expect(first.headers.get('ratelimit-policy')).toContain(`"ai-tokens";q=${String(perDay)};w=86400`)
    expectLeft(first, 0)
    expect(chatAnswer.parse(await first.json()).usage).toEqual({ inputTokens: 9, outputTokens: 2 })

    openai.failNext({ stallAfter: 1 })
    const leaving = new AbortController()
    const accept = { accept: 'text/event-stream' }
    const stalled = await postChat(alfred.url, { message: 'hi' }, { ...accept, ...who }, leaving.signal)
    expectLeft(stalled, 11)
    const events = readEvents(stalled)
    const { messageId } = (await nextEvent(events)).data
    expect(await events.next()).toMatchObject({ value: { event: 'provider' } })
    expect(await events.next()).toMatchObject({ value: { event: 'token', data: { text: 'by' } } })

    const denied = await ask()
    expect(denied.status).toBe(429)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(problem.parse(await denied.json())).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      'violated-policies': ['ai-tokens'],
    })

    // The answer outlives its reader. Once it is stopped, what the message and the one word cost is not given back.
    leaving.abort()
    expect((await ask()).status).toBe(429)
    const stop = `${alfred.url}/api/alfred/messages/${String(messageId)}/stop`
    expect((await fetch(stop, { method: 'POST', headers: who })).status).toBe(202)
    await expect.poll(async () => (await ask()).status, { timeout: 20_000, interval: 500 }).toBe(200)
    const usage = async (): Promise<unknown> =>
      (await fetch(`${alfred.url}/api/alfred/usage`, { headers: who })).json()
    // The account is settled after the answer was told.
    await expect.poll(usage).toMatchObject({
      usage: [{ provider: 'openai', model: 'gpt-5-mini', answers: 3, inputTokens: 19, outputTokens: 5 }],
    })
  })
})
