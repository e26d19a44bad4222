import { once } from 'node:events'
import { createServer } from 'node:http'
import { createFakeClock, listenOn, passTime, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createDrain } from './drain.ts'

async function setUp() {
  const clock = createFakeClock()
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const drain = createDrain({ servers: [server], clock, readinessDelayMs: 1000, deadlineMs: 5000 })
  const busy = new Set<WebSocket>()
  drain.attachWebSockets(sockets, { isBusy: (client) => busy.has(client) })
  const port = await listenOn(server)
  const open = async () => {
    const accepted = once(sockets, 'connection') as Promise<[WebSocket]>
    const client = new WebSocket(`ws://127.0.0.1:${String(port)}`)
    const closed = once(client, 'close') as Promise<[number]>
    await once(client, 'open')
    const [served] = await accepted
    return { client, served, code: closed.then(([code]) => code) }
  }
  const finish = () =>
    waitFor(async () => {
      await passTime(clock, 100)
      return clock.pendingTimers === 0
    })
  return { busy, clock, drain, finish, open }
}

it('closes WebSockets with 1012 when the server stops, not before', async () => {
  const { clock, drain, finish, open } = await setUp()
  const first = await open()
  const done = drain.start('test')
  const second = await open()
  await passTime(clock, 950)
  expect([first.served.readyState, second.served.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
  await passTime(clock, 50)
  expect(await Promise.all([first.code, second.code])).toEqual([1012, 1012])
  await finish()
  await expect(done).resolves.toMatchObject({ forced: false })
})

it('lets a busy one finish', async () => {
  const { busy, clock, drain, finish, open } = await setUp()
  const { code, served } = await open()
  busy.add(served)
  const done = drain.start('test')
  await passTime(clock, 3000)
  expect(served.readyState).toBe(WebSocket.OPEN)
  busy.delete(served)
  await passTime(clock, 100)
  expect(await code).toBe(1012)
  await finish()
  await expect(done).resolves.toMatchObject({ forced: false })
})

it('closes with 1001 what is open at the deadline', async () => {
  const { busy, clock, drain, finish, open } = await setUp()
  const { code, served } = await open()
  busy.add(served)
  const done = drain.start('test')
  await passTime(clock, 5000)
  expect(await code).toBe(1001)
  await finish()
  await expect(done).resolves.toMatchObject({ forced: true })
})

it('cuts off a client that does not answer the close', async () => {
  const { clock, drain, finish, open } = await setUp()
  const { client, code } = await open()
  client.pause()
  const done = drain.start('test')
  await passTime(clock, 5000)
  await finish()
  await expect(done).resolves.toMatchObject({ forced: true })
  client.resume()
  expect(await code).toBe(1012)
})

it.each<[string, unknown, unknown, string]>([
  ['a server without clients', {}, {}, 'drain.webSocketServer: must be a WebSocket server'],
  ['an unknown option', { clients: new Set() }, { busy: 1 }, 'drain.webSockets.busy: is not an option.'],
])('refuses %s', (_name, server, options, message) => {
  const drain = createDrain()
  expect(() => {
    drain.attachWebSockets(server as never, options as never)
  }).toThrow(message)
})
