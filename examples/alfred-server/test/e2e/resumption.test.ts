import { once } from 'node:events'
import {
  type FakeProvider,
  type PostgresService,
  type RedisService,
  startFakeOpenAi,
  startPostgres,
  startRedis,
} from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { type AlfredProcess, startAlfred } from './alfred-process.ts'
import { becomeGuest, postChat, readConversation, streamChat } from './client.ts'
import { nextEvent, type ReceivedEvent, readEvents } from './read-events.ts'

let postgres: PostgresService
let redis: RedisService
let openai: FakeProvider
let first: AlfredProcess
let second: AlfredProcess

const words = Array.from({ length: 400 }, (_, n) => `word${String(n)}`).join(' ')
const env = () => ({
  DATABASE_URL: postgres.url,
  REDIS_URL: redis.url,
  TRUST_PROXY: 'loopback',
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: openai.baseUrl,
})
let addresses = 0
let guest: Readonly<Record<string, string>> = {}
const asSomebody = (): Record<string, string> => ({
  'x-forwarded-for': `203.0.113.${String(++addresses)}`,
  ...guest,
})

beforeAll(async () => {
  ;[postgres, redis, openai] = await Promise.all([
    startPostgres(),
    startRedis(),
    startFakeOpenAi({ answer: words }),
  ])
  ;[first, second] = await Promise.all([startAlfred({ env: env() }), startAlfred({ env: env() })])
  guest = await becomeGuest(first.url)
})
afterAll(async () => {
  await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()])
  await Promise.all([postgres.stop(), redis.stop(), openai.close()])
})

const textOf = (events: readonly ReceivedEvent[]): string =>
  events.map(({ event, data }) => (event === 'token' ? String(data['text']) : '')).join('')

/** Reads `count` events of a new answer and leaves it. */
async function begin(alfred: AlfredProcess, count: number): Promise<readonly ReceivedEvent[]> {
  const leaving = new AbortController()
  const accept = { accept: 'text/event-stream', ...asSomebody() }
  const response = await postChat(alfred.url, { message: 'hi' }, accept, leaving.signal)
  const events: ReceivedEvent[] = []
  for await (const event of readEvents(response)) {
    events.push(event)
    if (events.length >= count) break
  }
  leaving.abort()
  return events
}

const follow = (alfred: AlfredProcess, messageId: string, lastEventId?: string): Promise<Response> =>
  fetch(`${alfred.url}/api/alfred/messages/${messageId}/events`, {
    headers: { ...asSomebody(), ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
  })

it('goes on with an answer on the other instance, each character once', async () => {
  const events = await begin(first, 20)
  const messageId = String(events[0]?.data['messageId'])
  const rest = await Array.fromAsync(readEvents(await follow(second, messageId, events.at(-1)?.id)))
  expect(textOf(events) + textOf(rest)).toBe(words)
  expect(rest.at(-1)).toMatchObject({ event: 'done', data: { state: 'complete' } })
})

it('loses nothing of an answer when Redis forgets everything', async () => {
  const events = await begin(first, 10)
  const messageId = String(events[0]?.data['messageId'])
  const response = await follow(second, messageId, events.at(-1)?.id)
  await redis.restart()
  const rest = await Array.fromAsync(readEvents(response))
  expect(textOf(events) + textOf(rest)).toBe(words)
})

it('stops an answer that the other instance makes', async () => {
  openai.failNext({ stallAfter: 3 })
  const events = await begin(first, 4)
  const messageId = String(events[0]?.data['messageId'])
  const stop = `${second.url}/api/alfred/messages/${messageId}/stop`
  expect((await fetch(stop, { method: 'POST', headers: asSomebody() })).status).toBe(202)
  const rest = await Array.fromAsync(readEvents(await follow(second, messageId)))
  expect(rest.at(-1)).toMatchObject({ event: 'done', data: { state: 'stopped' } })
})

it('keeps the question and the text of an instance that is killed', { timeout: 90_000 }, async () => {
  await using third = await startAlfred({ env: env() })
  openai.failNext({ stallAfter: 5 })
  const response = await streamChat(third.url, { message: 'keep me' }, asSomebody())
  const events = readEvents(response)
  const { messageId, sessionId } = (await nextEvent(events)).data
  const stored = async () => (await readConversation(first.url, String(sessionId), guest)).messages
  await expect
    .poll(async () => (await stored())[1]?.content, { timeout: 10_000 })
    .toBe('word0 word1 word2 word3 word4')
  third.child.kill('SIGKILL')
  await third.exited
  const resumed = await Array.fromAsync(readEvents(await follow(first, String(messageId))))
  expect(textOf(resumed)).toBe('word0 word1 word2 word3 word4')
  expect(resumed.at(-1)).toMatchObject({ event: 'done', data: { state: 'cut' } })
  expect((await stored())[0]?.content).toBe('keep me')
  const next = await postChat(second.url, { message: 'and now?', sessionId }, asSomebody())
  expect(next.status).toBe(200)
})

it('keeps an answer over a restart of the database', async () => {
  const events = readEvents(await streamChat(first.url, { message: 'hi' }, asSomebody()))
  const start = await nextEvent(events)
  await postgres.kill()
  await postgres.restart()
  const rest = await Array.fromAsync(events)
  expect(textOf(rest)).toBe(words)
  const { messages } = await readConversation(first.url, String(start.data['sessionId']), guest)
  expect(messages[1]).toMatchObject({ content: words, state: 'complete' })
})

const socketEvent = z.object({
  id: z.string().optional(),
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
})

/** A client of the WebSocket. */
async function openSocket(alfred: AlfredProcess, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${alfred.url.replace('http', 'ws')}/ws/alfred`, {
    headers: { ...asSomebody(), ...headers },
  })
  const events: z.infer<typeof socketEvent>[] = []
  socket.on('message', (data: Buffer) => events.push(socketEvent.parse(JSON.parse(data.toString('utf8')))))
  await once(socket, 'open')
  return {
    events,
    send(message: unknown) {
      socket.send(JSON.stringify(message))
    },
    ended: () => expect.poll(() => events.at(-1)?.event, { timeout: 20_000 }).toMatch(/done|error/),
    close: () => {
      socket.terminate()
    },
  }
}

const socketText = (events: readonly z.infer<typeof socketEvent>[]): string =>
  events.map(({ event, data }) => (event === 'token' ? String(data['text']) : '')).join('')

it('answers by WebSocket, and resumes on another one of another instance', async () => {
  const socket = await openSocket(first)
  socket.send({ type: 'ask', message: 'hi' })
  await expect.poll(() => socket.events.length).toBeGreaterThan(10)
  socket.close()
  const seen = [...socket.events]
  const messageId = String(seen[0]?.data['messageId'])
  const other = await openSocket(second)
  other.send({ type: 'resume', messageId, lastEventId: seen.at(-1)?.id })
  await other.ended()
  expect(socketText(seen) + socketText(other.events)).toBe(words)
  expect(other.events.at(-1)).toMatchObject({ event: 'done', data: { state: 'complete' } })
  other.close()
})

it('says what is wrong with a message, and counts questions as the chat does', async () => {
  const socket = await openSocket(first)
  socket.send({ type: 'sing' })
  await expect.poll(() => socket.events.at(-1)?.data['status']).toBe(422)
  socket.send({ type: 'resume', messageId: crypto.randomUUID() })
  await expect.poll(() => socket.events.at(-1)?.data['status']).toBe(404)
  for (let n = 0; n < 12; n++) socket.send({ type: 'ask', message: 'hi', sessionId: crypto.randomUUID() })
  // Those that are admitted are answered later: their sessions are looked for.
  await expect.poll(() => socket.events.map(({ data }) => data['status'])).toContain(429)
  socket.close()
})

it.each([
  ['a page of another site', { origin: 'https://evil.example' }, 403],
  ['another host', { host: 'evil.example' }, 400],
])('refuses %s', async (_what, headers, status) => {
  const socket = new WebSocket(`${first.url.replace('http', 'ws')}/ws/alfred`, { headers })
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }]
  expect(response.statusCode).toBe(status)
  socket.on('error', () => undefined)
  socket.terminate()
})

it('takes the WebSocket of its own page', async () => {
  const socket = await openSocket(first, { origin: first.url })
  socket.close()
  expect((await fetch(`${first.url}/ws/alfred`, { headers: asSomebody() })).status).toBe(426)
})
