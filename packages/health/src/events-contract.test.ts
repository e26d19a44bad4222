import { once } from 'node:events'
import { get } from 'node:http'
import { createFakeClock, eventContract, listening, passTime } from '@alfred/testkit'
import { onTestFinished } from 'vitest'
import { createDrain, createHealth } from './index.ts'

eventContract<'drain' | 'health'>({
  'health.changed': {
    event: { check: 'db', to: 'fail' },
    async cause(events) {
      const clock = createFakeClock()
      const check = () => Promise.reject(new Error('gone'))
      const health = createHealth({ clock, events, jitter: 0, checks: [{ name: 'db', check, failAfter: 1 }] })
      await passTime(clock, 1000)
      await health.close()
    },
  },
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
})
