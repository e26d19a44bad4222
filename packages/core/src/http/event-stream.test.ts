import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createServer, connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { createFakeClock, listening, listenOn, passTime, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type EventStream, openEventStream, type StreamEvent } from './event-stream.ts'

async function setUp() {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const clock = createFakeClock()
  const ends: (() => void)[] = []
  const drain = {
    onDrain(_response: unknown, end: () => void) {
      ends.push(end)
    },
  }
  const streams: EventStream[] = []
  const served = await listening((request, response) => {
    streams.push(openEventStream(request, response, { drain, clock }))
  })
  onTestFinished(() => served[Symbol.asyncDispose]())
  const subscribe = async (headers: Record<string, string> = {}) => {
    const [response] = (await once(get(served.url, { headers }), 'response')) as [IncomingMessage]
    const stream = await waitFor(() => streams.shift())
    return { response, stream }
  }
  const endAll = () => {
    for (const end of ends) end()
  }
  return { clock, endAll, subscribe }
}

it.each<[StreamEvent, string]>([
  [{ data: 'a' }, 'data: a\n\n'],
  [{ id: 7, data: 'a' }, 'id: 7\ndata: a\n\n'],
  [{ id: 'x', event: 'delta', data: 'a\nb\r\nc' }, 'id: x\nevent: delta\ndata: a\ndata: b\ndata: c\n\n'],
  [{ data: '' }, 'data: \n\n'],
])('sends %j', async (event, expected) => {
  const { subscribe } = await setUp()
  const { response, stream } = await subscribe()
  expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  expect(stream.send(event)).toBe(true)
  stream.end()
  const id = event.id === undefined ? '' : `id: ${String(event.id)}\n`
  expect(await text(response)).toBe(`retry: 1000\n\n${expected}${id}retry: 1000\n\n`)
})

it('ends with the last id when its server drains', async () => {
  const { clock, endAll, subscribe } = await setUp()
  const { response, stream } = await subscribe({ 'Last-Event-ID': '40' })
  expect(stream.lastEventId).toBe('40')
  stream.send({ id: 41, data: 'a' })
  stream.send({ data: 'b' })
  endAll()
  expect(await text(response)).toMatch(/\n\nid: 41\nretry: 1000\n\n$/)
  expect(stream.ended).toBe(true)
  stream.send({ id: 42, data: 'late' })
  expect(clock.pendingTimers).toBe(0)
})

it('keeps a silent stream alive, and stops when its client has gone', async () => {
  const { clock, subscribe } = await setUp()
  const { response, stream } = await subscribe()
  response.setEncoding('utf8')
  let received = ''
  response.on('data', (chunk: string) => (received += chunk))
  await passTime(clock, 30_000, 15_000)
  await waitFor(() => received === 'retry: 1000\n\n:\n\n:\n\n')
  response.destroy()
  await waitFor(() => stream.ended)
  expect(clock.pendingTimers).toBe(0)
})

it('streams over HTTP/2', async () => {
  const server = createServer((request, response) => {
    openEventStream(request, response).end()
  })
  const session = connect(`http://127.0.0.1:${String(await listenOn(server))}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const stream = session.request()
  stream.end()
  expect(await text(stream)).toMatch(/^retry: \d+\n\nretry: \d+\n\n$/)
})

it.each<[string, StreamEvent]>([
  ['an id', { id: '1\ndata: forged', data: '' }],
  ['a name', { event: 'a\rb', data: '' }],
])('refuses %s with a line break', async (_name, event) => {
  const { subscribe } = await setUp()
  const { stream } = await subscribe()
  expect(() => stream.send(event)).toThrow('must not have line breaks.')
  stream.end()
})
