import { once } from 'node:events'
import { createServer, get, IncomingMessage, ServerResponse } from 'node:http'
import { connect, Socket } from 'node:net'
import type { EventBus } from '@alfred/core'
import { createFakeClock, eventContract, listening, passTime } from '@alfred/testkit'
import { onTestFinished } from 'vitest'
import { createDrain, createLoadShedder, hardenServer } from './index.ts'

/** Holds a request in a shedder for one, and sends another. */
async function overload(events: EventBus): Promise<void> {
  const shedder = createLoadShedder({
    events,
    clock: createFakeClock(),
    maxEventLoopDelayMs: false,
    maxInFlight: 1,
  })
  for (let sent = 0; sent < 2; sent++) {
    const request = new IncomingMessage(new Socket())
    shedder.middleware(request, new ServerResponse(request), () => undefined)
  }
  await shedder.close()
}

eventContract<'drain' | 'load' | 'server'>({
  'drain.started': {
    event: { signal: 'SIGTERM' },
    cause: (events) => createDrain({ events, readinessDelayMs: 0 }).start('SIGTERM'),
  },
  'drain.connections-cut': {
    event: { connections: 1 },
    async cause(events) {
      const clock = createFakeClock()
      await using served = await listening(() => undefined)
      const drain = createDrain({
        clock,
        events,
        servers: [served.server],
        readinessDelayMs: 0,
        deadlineMs: 1000,
      })
      const request = get(served.url).on('error', () => undefined)
      onTestFinished(() => {
        request.destroy()
      })
      await once(served.server, 'request')
      const drained = drain.start('SIGTERM')
      await passTime(clock, 5000)
      await drained
    },
  },
  'drain.finished': {
    event: { forced: false },
    cause: (events) => createDrain({ events, readinessDelayMs: 0 }).start('SIGTERM'),
  },
  'load.shed': { event: { reason: 'in-flight' }, cause: overload },
  'load.changed': { event: { overloaded: true, reason: 'in-flight' }, cause: overload },
  'server.connection-refused': {
    event: { reason: 'per-address' },
    async cause(events) {
      const server = hardenServer(createServer(), { events, maxConnectionsPerAddress: 1 }).listen(
        0,
        '127.0.0.1',
      )
      await once(server, 'listening')
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('the server has no port')
      const sockets = [1, 2].map(() => connect(address.port, '127.0.0.1').on('error', () => undefined))
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
      await Promise.race(sockets.map((socket) => once(socket, 'close')))
    },
  },
})
