import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2'
import { text } from 'node:stream/consumers'
import { createFakeClock, listenOn, passTime, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { createDrain } from './drain.ts'

async function setUp(deadlineMs = 20_000) {
  const clock = createFakeClock()
  const held: ServerHttp2Stream[] = []
  const server = createServer()
  server.on('stream', (stream, { ':path': path }) => {
    stream.on('error', () => undefined)
    stream.respond({ ':status': 200 })
    if (path === '/held') held.push(stream)
    else stream.end('ok')
  })
  const drain = createDrain({ servers: [server], clock, readinessDelayMs: 1000, deadlineMs })
  const port = await listenOn(server)
  const open = () => {
    const session = connect(`http://127.0.0.1:${String(port)}`)
    session.on('error', () => undefined)
    onTestFinished(() => {
      session.destroy()
    })
    return session
  }
  return { clock, drain, held, open, server }
}

function ask(session: ClientHttp2Session, path: string) {
  const stream = session.request({ ':path': path })
  stream.end()
  return stream
}

it('serves during the delay, then ends each session after its streams', async () => {
  const { clock, drain, held, open, server } = await setUp()
  const [idle, busy] = [open(), open()]
  expect(await text(ask(idle, '/'))).toBe('ok')
  const inFlight = ask(busy, '/held')
  await waitFor(() => held.length === 1)

  const done = drain.start('test')
  expect(await text(ask(idle, '/'))).toBe('ok')
  expect(await text(ask(busy, '/'))).toBe('ok')

  const goaway = once(busy, 'goaway')
  const idleGone = once(idle, 'close')
  await passTime(clock, 1000)
  expect(server.listening).toBe(false)
  await goaway
  await idleGone
  // Nothing that a stream which waits for its answer sends: it is not idle.
  await passTime(clock, 2000)
  expect(busy.destroyed).toBe(false)
  held[0]?.end('finished')
  expect(await text(inFlight)).toBe('finished')
  await waitFor(() => busy.closed)
  await waitFor(async () => {
    await passTime(clock, 100)
    return clock.pendingTimers === 0
  })
  await expect(done).resolves.toMatchObject({ forced: false })
})

it('cuts streams off at the deadline', async () => {
  const { clock, drain, held, open } = await setUp(2000)
  const endless = ask(open(), '/held')
  const cut = once(endless, 'close')
  endless.on('error', () => undefined)
  await waitFor(() => held.length === 1)
  const done = drain.start('test')
  await passTime(clock, 2000)
  await cut
  await expect(done).resolves.toMatchObject({ forced: true })
})

it('builds no requests for a server that handles its streams itself', async () => {
  const { drain, open, server } = await setUp()
  await text(ask(open(), '/'))
  expect(server.listenerCount('request')).toBe(0)
  await drain.close()
  expect([server.listenerCount('session'), server.listenerCount('request')]).toEqual([0, 0])
  server.close()
})
