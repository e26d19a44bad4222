import {
  type FakeProvider,
  startFakeAnthropic,
  startFakeOllama,
  startFakeOpenAi,
  waitFor,
} from '@alfred/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAnthropicProvider } from '../../src/providers/anthropic-provider.ts'
import type { ChatProvider, Turn } from '../../src/providers/chat-provider.ts'
import { createOllamaProvider } from '../../src/providers/ollama-provider.ts'
import { createOpenAiProvider } from '../../src/providers/openai-provider.ts'
import { failureReason } from '../../src/providers/provider-failure.ts'

const turns: Turn[] = [
  { role: 'user', content: 'SELECT * FROM users; -- why?' },
  { role: 'assistant', content: 'Because.' },
  { role: 'user', content: 'And <script>?' },
]

async function read(provider: ChatProvider, signal = new AbortController().signal): Promise<string[]> {
  const pieces: string[] = []
  const { tokens } = await provider.answer(turns, signal)
  for await (const token of tokens) if (token !== '') pieces.push(token)
  return pieces
}

const apiKey = (): Promise<string> => Promise.resolve('sk-right')

const kinds = [
  {
    name: 'openai',
    start: startFakeOpenAi,
    create: ({ baseUrl }: FakeProvider) => createOpenAiProvider({ apiKey, baseUrl, model: 'gpt-5-mini' }),
  },
  {
    name: 'anthropic',
    start: startFakeAnthropic,
    create: ({ baseUrl }: FakeProvider) =>
      createAnthropicProvider({ apiKey, baseUrl, model: 'claude-haiku-4-5' }),
  },
  {
    name: 'ollama',
    start: startFakeOllama,
    create: ({ baseUrl }: FakeProvider) =>
      createOllamaProvider({ host: baseUrl, model: undefined, contextTokens: 8192 }),
  },
] as const

describe.each(kinds)('$name', ({ start, create }) => {
  let server: FakeProvider
  let provider: ChatProvider
  beforeEach(async () => {
    server = await start({ answer: 'Use a prepared statement.' })
    provider = create(server)
  })
  afterEach(() => server.close())

  it('streams the answer in pieces and sends the whole conversation', async () => {
    expect(await read(provider)).toEqual(['Use', ' a', ' prepared', ' statement.'])
    const sent: unknown = server.requests.at(-1)?.body['messages']
    expect(sent).toEqual(expect.arrayContaining([...turns]))
  })

  it('says at the end what the provider counted', async () => {
    const { tokens, usage } = await provider.answer(turns, new AbortController().signal)
    expect(usage()).toBeUndefined()
    for await (const token of tokens) expect(token).toBeTypeOf('string')
    expect(usage()).toEqual({ inputTokens: 9, outputTokens: 4 })
  })

  it('can be probed', async () => {
    await expect(provider.probe(new AbortController().signal)).resolves.toBeUndefined()
    expect(server.requests.at(-1)?.method).toBe('GET')
  })

  it.each([
    [401, 'unauthorized'],
    [429, 'rate-limited'],
    [500, 'server-error'],
    [400, 'refused'],
  ])('reports status %i as %s, asking once', async (status, reason) => {
    server.failNext({ status })
    const error: unknown = await read(provider).catch((thrown: unknown) => thrown)
    expect(failureReason(error)).toBe(reason)
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it.each([
    ['the connection is cut', { cutAfter: 2 }],
    ['the provider reports an error in the stream', { errorAfter: 2 }],
  ])('throws when %s', async (_what, fault) => {
    server.failNext(fault)
    const pieces: string[] = []
    const { tokens } = await provider.answer(turns, new AbortController().signal)
    await expect(async () => {
      for await (const token of tokens) pieces.push(token)
    }).rejects.toThrow()
    expect(pieces.filter(Boolean)).toEqual(['Use', ' a'])
  })

  it('gives up when asked to, before and after the first token', async () => {
    const before = new AbortController()
    server.failNext({ delayMs: 10_000 })
    const waiting = read(provider, before.signal)
    await waitFor(() => server.requests.some(({ method }) => method === 'POST'))
    before.abort()
    await expect(waiting).rejects.toThrow()

    const after = new AbortController()
    server.failNext({ stallAfter: 1 })
    const { tokens } = await provider.answer(turns, after.signal)
    await expect(async () => {
      for await (const token of tokens) {
        if (token === '') continue
        expect(token).toBe('Use')
        after.abort()
      }
    }).rejects.toThrow()
  })
})

it.each([
  ['openai', startFakeOpenAi, createOpenAiProvider],
  ['anthropic', startFakeAnthropic, createAnthropicProvider],
] as const)('%s asks for the key at every call', async (_name, start, create) => {
  await using server = await start()
  const keys = ['sk-old', 'sk-new']
  const provider = create({
    apiKey: () => Promise.resolve(keys.shift() ?? ''),
    baseUrl: server.baseUrl,
    model: 'any',
  })
  server.acceptKeys('sk-old')
  await expect(read(provider)).resolves.not.toEqual([])
  server.acceptKeys('sk-new')
  await expect(read(provider)).resolves.not.toEqual([])
})

it('asks Ollama for the first model that is installed', async () => {
  await using server = await startFakeOllama()
  const provider = createOllamaProvider({ host: server.baseUrl, model: undefined, contextTokens: 8192 })
  await expect(provider.answer(turns, new AbortController().signal)).resolves.toMatchObject({
    model: 'llama3.2:latest',
  })
})
