import { once } from 'node:events'
import { Socket } from 'node:net'
import { Agent, createServer, get, IncomingMessage, request, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, listening, listenOn, passTime, waitFor } from '@alfred/testkit'
import express from 'express'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createDrain } from './drain.ts'
import type { DrainOptions } from './drain-options.ts'
import { createHealth } from '@alfred/health'

const keepAlive = (): Agent => {
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => {
    agent.destroy()
  })
  return agent
}

/** A GET over `agent`, with its response's head. */
async function ask(url: string, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
  return response
}

it('runs its phases at their times and tells of them', async () => {
  const clock = createFakeClock()
  const events = createEventBus(noopLogger)
  const seen: string[] = []
  const note = (what: string) => seen.push(`${what} ${String(clock.elapsedMs)}`)
  events.on('drain.started', ({ signal }) => note(`started by ${signal}`))
  events.on('drain.finished', ({ forced, durationMs }) =>
    note(`finished ${String(forced)} ${String(durationMs)}`),
  )
  const drain = createDrain({
    clock,
    events,
    health: { setDraining: (draining) => note(`readiness ${String(!draining)}`) },
    readinessDelayMs: 3000,
    hooks: [{ name: 'pool', close: () => note('pool closed') }],
  })
  drain.addHook({ name: 'worker', close: () => note('worker closed') })
  drain.signal.addEventListener('abort', () => note('streams end'))

  expect(drain.draining).toBe(false)
  const first = drain.start('SIGTERM')
  const second = drain.start('again')
  expect(drain.draining).toBe(true)
  await passTime(clock, 3000)
  await expect(first).resolves.toEqual({
    forced: false,
    durationMs: 3000,
    failedHooks: [],
    unfinished: 0,
  })
  await expect(second).resolves.toBe(await first)
  expect(seen).toEqual([
    'readiness false 0',
    'started by SIGTERM 0',
    'streams end 3000',
    'worker closed 3000',
    'pool closed 3000',
    'finished false 3000 3000',
  ])
  expect(clock.pendingTimers).toBe(0)
})

it('serves during the delay, closing every connection, and the request in flight to its end', async () => {
  const clock = createFakeClock()
  const held: ServerResponse[] = []
  await using served = await listening((request, response) => {
    if (request.url === '/held') held.push(response)
    else response.end('ok')
  })
  const drain = createDrain({ servers: [served.server], clock, readinessDelayMs: 1000 })
  const agent = keepAlive()
  const before = await ask(`${served.url}/`, agent)
  await text(before)
  expect(before.headers.connection).toBe('keep-alive')
  const inFlight = ask(`${served.url}/held`, agent)
  await waitFor(() => held.length === 1)

  const done = drain.start('test')
  const during = await ask(`${served.url}/`, agent)
  await text(during)
  expect(during.headers.connection).toBe('close')

  await passTime(clock, 1000)
  expect(served.server.listening).toBe(false)
  held[0]?.end('finished')
  const response = await inFlight
  expect(response.headers.connection).toBe('close')
  expect(await text(response)).toBe('finished')
  await waitFor(async () => {
    await passTime(clock, 100)
    return clock.pendingTimers === 0
  })
  await expect(done).resolves.toMatchObject({ forced: false })
})

it('lets a stream end itself, and reaps the connection it leaves', async () => {
  const clock = createFakeClock()
  const ended = vi.fn()
  await using served = await listening((request, response) => {
    if (request.url === '/short') {
      drain.onDrain(response, ended)
      response.end('x')
      return
    }
    drain.onDrain(response, () => response.end('id: 42\nevent: bye\n\n'))
    response.write('id: 41\n\n')
  })
  const drain = createDrain({ servers: [served.server], clock, readinessDelayMs: 1000 })
  const agent = keepAlive()
  await text(await ask(`${served.url}/short`, agent))
  const stream = await ask(`${served.url}/stream`, agent)
  const done = drain.start('test')
  await passTime(clock, 1000)
  expect(await text(stream)).toBe('id: 41\n\nid: 42\nevent: bye\n\n')
  await waitFor(async () => {
    await passTime(clock, 100)
    return clock.pendingTimers === 0
  })
  await expect(done).resolves.toMatchObject({ forced: false })
  expect(ended).not.toHaveBeenCalled()
})

it('calls a listener that comes late, and survives one that throws', async () => {
  const clock = createFakeClock()
  const drain = createDrain({ clock, readinessDelayMs: 0 })
  await drain.start('test')
  const listener = vi.fn(() => {
    throw new Error('no')
  })
  drain.onDrain(new ServerResponse(new IncomingMessage(new Socket())), listener)
  await Promise.resolve()
  expect(listener).toHaveBeenCalledOnce()
})

it('cuts off at the deadline what is left, upgraded sockets included', async () => {
  const clock = createFakeClock()
  const server = createServer((_request, response) => response.write('never ends'))
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
  })
  const drain = createDrain({ servers: [server], clock, readinessDelayMs: 100, deadlineMs: 2000 })
  const url = `http://127.0.0.1:${String(await listenOn(server))}/`
  const stream = await ask(url, keepAlive())
  const cut = once(stream, 'error')
  stream.resume()
  const upgrade = request(url, { headers: { Connection: 'Upgrade', Upgrade: 'test' } }).end()
  const [, socket] = (await once(upgrade, 'upgrade')) as [
    IncomingMessage,
    NodeJS.ReadableStream & { closed: boolean },
  ]
  socket.resume()
  socket.on('error', () => undefined)

  const done = drain.start('test')
  await passTime(clock, 1950)
  expect(socket.closed).toBe(false)
  await passTime(clock, 50)
  await cut
  await waitFor(() => socket.closed)
  await expect(done).resolves.toMatchObject({ forced: true, durationMs: 2000 })
})

it('drains an Express application with the registry', async () => {
  const clock = createFakeClock()
  const health = createHealth({ clock })
  const app = express()
  app.use(health.middleware)
  app.get('/', (_request, response) => {
    response.send('app')
  })
  const server = app.listen(0, '127.0.0.1')
  // The one timer here that the fake clock does not hold: it closes the connection that the next request is
  // written to when the machine holds the test up for longer.
  server.keepAliveTimeout = 0
  const drain = createDrain({ health, clock, readinessDelayMs: 1000 })
  drain.attach(server)
  await once(server, 'listening')
  await passTime(clock, 0)
  const address = server.address()
  const url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`
  const agent = keepAlive()
  const status = async (path: string) => {
    const response = await ask(url + path, agent)
    await text(response)
    return `${String(response.statusCode)} ${String(response.headers.connection)}`
  }
  expect(await status('/readyz')).toBe('200 keep-alive')
  const done = drain.start('test')
  expect(await status('/readyz')).toBe('503 close')
  expect(await status('/livez')).toBe('200 close')
  expect(await status('/')).toBe('200 close')
  await passTime(clock, 1000)
  await waitFor(async () => {
    await passTime(clock, 100)
    return clock.pendingTimers <= 1
  })
  await expect(done).resolves.toMatchObject({ forced: false })
  await health.close()
})

it('forgets its servers when it is closed', async () => {
  const server = createServer()
  const drain = createDrain({ servers: [server] })
  drain.attach(server)
  expect(server.listenerCount('request')).toBe(1)
  await drain.close()
  expect(server.listenerCount('request')).toBe(0)
  await expect(drain.start('test')).rejects.toMatchObject({ code: 'ALFRED_LIFECYCLE_CLOSED' })
})

it.each<[string, unknown, string]>([
  ['an unknown option', { timeoutMs: 1 }, 'drain.timeoutMs: is not an option.'],
  [
    'a deadline within the delay',
    { readinessDelayMs: 5000, deadlineMs: 5000 },
    'drain.deadlineMs: must be longer than readinessDelayMs.',
  ],
  ['something that is no server', { servers: [{}] }, 'drain.servers[0]: must be an object with close()'],
  ['a hook without a name', { hooks: [{ close: () => 1 }] }, 'drain.hooks[0].name: is required.'],
])('refuses %s', (_name, options, message) => {
  expect(() => createDrain(options as DrainOptions)).toThrow(message)
})
