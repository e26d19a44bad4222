import { expect, it, vi } from 'vitest'
import type { Failover } from '../providers/failover.ts'
import { AnswerInterruptedError } from '../providers/provider-failure.ts'
import { createChat, SessionNotFoundError } from './chat.ts'
import type { ChatStore, StoredMessage } from './chat-store.ts'

const known = '7d444840-9dc0-11d1-b245-5ffdce74fad2'
const past = (role: 'user' | 'assistant', content: string): StoredMessage => ({
  id: crypto.randomUUID(),
  role,
  content,
  provider: null,
  model: null,
  complete: true,
  createdAt: new Date(0),
})

function setUp(tokens: () => AsyncGenerator<string>) {
  const store = {
    createSession: vi.fn(() => Promise.resolve()),
    messages: vi.fn((id: string) =>
      Promise.resolve(id === known ? [past('user', 'hi'), past('assistant', 'ho')] : undefined),
    ),
    append: vi.fn(() => Promise.resolve()),
  } satisfies ChatStore
  const answer = vi.fn(() =>
    Promise.resolve({
      provider: 'openai' as const,
      model: 'm',
      tokens: tokens(),
      finish: () => 'stop' as const,
      usage: () => undefined,
    }),
  )
  const failover: Failover = { names: ['openai'], broken: () => [], answer }
  return { chat: createChat(failover, store), store, answer }
}

const { signal } = new AbortController()

async function* twoTokens() {
  await Promise.resolve()
  yield 'one '
  yield 'two'
}

it('begins a conversation under an id of its own and stores the whole exchange', async () => {
  const { chat, store, answer } = setUp(twoTokens)
  const { sessionId, tokens } = await chat.ask({ message: 'q' }, signal)
  expect(store.createSession).toHaveBeenCalledExactlyOnceWith(sessionId)
  expect(answer).toHaveBeenCalledWith([{ role: 'user', content: 'q' }], { signal, only: undefined })
  expect(await Array.fromAsync(tokens)).toEqual(['one ', 'two'])
  expect(store.append).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ sessionId, question: 'q', answer: 'one two', complete: true }),
  )
})

it('shows the provider the conversation so far', async () => {
  const { chat, store, answer } = setUp(twoTokens)
  await chat.ask({ message: 'q', sessionId: known, provider: 'openai' }, signal)
  expect(store.createSession).not.toHaveBeenCalled()
  expect(answer).toHaveBeenCalledWith(
    [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ho' },
      { role: 'user', content: 'q' },
    ],
    { signal, only: 'openai' },
  )
})

it('asks nobody about a conversation that does not exist', async () => {
  const { chat, answer } = setUp(twoTokens)
  await expect(chat.ask({ message: 'q', sessionId: 'other' }, signal)).rejects.toThrow(SessionNotFoundError)
  expect(answer).not.toHaveBeenCalled()
})

it.each([
  ['the provider breaks off', async (tokens: AsyncIterable<string>) => Array.fromAsync(tokens)],
  [
    'the reader goes away',
    async (tokens: AsyncIterable<string>) => {
      const reader = tokens[Symbol.asyncIterator]()
      await reader.next()
      await reader.return?.()
    },
  ],
])('stores half an answer as incomplete when %s', async (_what, read) => {
  const { chat, store } = setUp(async function* () {
    await Promise.resolve()
    yield 'half'
    throw new AnswerInterruptedError('openai', {})
  })
  const { tokens } = await chat.ask({ message: 'q' }, signal)
  await Promise.allSettled([read(tokens)])
  expect(store.append).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ answer: 'half', complete: false }),
  )
})
