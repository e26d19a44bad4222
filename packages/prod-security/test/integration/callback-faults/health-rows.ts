import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import {
  compositeCheck,
  cpuCheck,
  createHealth,
  type HealthCheck,
  httpCheck,
  keyVaultCheck,
  memoryCheck,
  postgresCheck,
  redisCheck,
} from '@alfred/health'
import { createDrain, createManagementServer, drainOnSignals, openEventStream } from '@alfred/server'
import { createFakeClock } from '@alfred/testkit'
import { type AnyFunction, notBoolean, type Row } from './row.ts'
import { statusesOf } from './serve.ts'

/** Whether a check fails its group. */
const fails = async (build: () => HealthCheck): Promise<boolean> => {
  let check: HealthCheck
  try {
    check = build()
  } catch {
    // Refused when it is built.
    return true
  }
  const health = createHealth({
    checks: [{ ...check, criticality: 'critical', groups: ['readiness', 'startup'], timeoutMs: 30 }],
  })
  await health.ready()
  const { readiness } = health.snapshot()
  await health.close()
  return readiness === 'fail'
}

/** Whether a registry goes on around a function that fails. */
const goesOn = async (check: Partial<HealthCheck>): Promise<boolean> => {
  const health = createHealth({
    details: 'always',
    checks: [{ name: 'a', check: () => Promise.resolve({ status: 'pass' }), ...check }],
  })
  await health.ready()
  const statuses = await statusesOf(health.middleware, [['/healthz']])
  await health.close()
  return statuses[0] === 200
}

const drains = async (use: (drain: ReturnType<typeof createDrain>) => void): Promise<boolean> => {
  const drain = createDrain({ readinessDelayMs: 0, deadlineMs: 50 })
  use(drain)
  await drain.start('test')
  await drain.close()
  return true
}

const signalled = async (part: Record<string, AnyFunction>): Promise<boolean> => {
  const emitter = new EventEmitter()
  let exited = (): void => undefined
  const left = new Promise<void>((resolve) => {
    exited = resolve
  })
  const process = {
    on: (name: string, listener: AnyFunction) => emitter.on(name, listener),
    off: (name: string, listener: AnyFunction) => emitter.off(name, listener),
    exit: exited,
    ...part,
  }
  if (part['exit'])
    process.exit = (...parameters: unknown[]) => (exited(), part['exit']?.(...parameters)) as undefined
  try {
    const drain = drainOnSignals(createServer(), { process, readinessDelayMs: 0, deadlineMs: 50 })
    if (part['on']) return true
    emitter.emit('SIGTERM', 'SIGTERM')
    await left
    await drain.close()
  } catch {
    // `on` and `off` are called by drainOnSignals() and close() themselves, where the caller sees the failure.
  }
  return true
}

const access = async (
  options: Parameters<typeof createHealth>[0],
  path: string,
): Promise<number | undefined> => {
  const health = createHealth(options)
  await health.ready()
  const [status] = await statusesOf(health.middleware, [[path]])
  await health.close()
  return status
}

/** The functions of checks, probes and drains. */
export const healthRows: Readonly<Record<string, Row>> = {
  'HealthCheck.check': {
    open: undefined,
    mayAnswerLater: true,
    wrong: [false, true, 'pass', 1, {}, { status: 'fine' }, []],
    holds: (check) => fails(() => ({ name: 'a', check })),
  },
  'HealthCheck.close': { holds: (close) => goesOn({ close }) },
  'CheckSettings.redact': {
    open: { status: 'pass', output: 'secret' },
    wrong: [undefined, null, 'secret', 5, {}, { status: 'fine' }, { status: 'pass', measurements: 5 }],
    holds: (redact) => goesOn({ redact }),
  },
  'HealthOptions.details': {
    open: true,
    holds: async (details) => {
      const health = createHealth({ details, version: 'secret' })
      const bodies: string[] = []
      await health.ready()
      const server = createServer((request, response) => {
        health.middleware(request, response, () => response.end())
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      bodies.push(await (await fetch(`http://127.0.0.1:${String(port)}/healthz`)).text())
      server.closeAllConnections()
      server.close()
      await health.close()
      return !bodies.join('').includes('secret')
    },
  },
  'StatusPageOptions.access': {
    open: true,
    holds: async (call) =>
      (await access({ statusPage: { path: '/status', access: call } }, '/status')) === 200 &&
      // The continuation answers: for this caller the page does not exist.
      !(await pageShown(call)),
  },
  'CloseHook.close': {
    holds: (close) =>
      drains((drain) => {
        drain.addHook({ name: 'hook', close, timeoutMs: 20 })
      }),
  },
  'Drain.onDrain(listener)': {
    holds: (listener) =>
      drains((drain) => {
        drain.onDrain(Object.assign(new EventEmitter(), { writableEnded: false }), listener)
      }),
  },
  'WebSocketDrainOptions.isBusy': {
    open: true,
    holds: (isBusy) => {
      const closed: number[] = []
      return drains((drain) => {
        const client = { readyState: 1, close: (code: number) => closed.push(code) }
        drain.attachWebSockets({ clients: new Set([client]) }, { isBusy })
      }).then(() => closed.includes(1012))
    },
  },
  'WebSocketLike.close': {
    holds: (close) =>
      drains((drain) => {
        drain.attachWebSockets({ clients: new Set([{ readyState: 1, close }]) })
      }),
  },
  'createDrain#health.setDraining': {
    holds: async (setDraining) => {
      const drain = createDrain({ health: { setDraining }, readinessDelayMs: 0, deadlineMs: 50 })
      await drain.start('test')
      return true
    },
  },
  'ProcessLike.on': { holds: (on) => signalled({ on }) },
  'ProcessLike.off': { holds: (off) => signalled({ off }) },
  'ProcessLike.exit': { holds: (exit) => signalled({ exit }) },
  'CompositeCheckOptions.members[*]': {
    open: undefined,
    mayAnswerLater: true,
    // Resolving with anything but `false` is "up"; only a failure is not.
    wrong: [false],
    holds: (member) => fails(() => compositeCheck({ name: 'all', members: { one: member }, timeoutMs: 20 })),
  },
  'CpuCheckOptions.read': {
    open: { usedMicros: 1, limitCpus: 1, periods: 0, throttledPeriods: 0 },
    mayAnswerLater: true,
    wrong: [undefined, null, 'idle', {}, { usedMicros: NaN, limitCpus: 1, periods: 0, throttledPeriods: 0 }],
    holds: (read) => fails(() => cpuCheck({ read })),
  },
  'MemoryCheckOptions.read': {
    open: { residentBytes: 1, limitBytes: 9, heapUsedBytes: 1, heapLimitBytes: 9 },
    wrong: [
      undefined,
      null,
      'free',
      {},
      { residentBytes: '1', limitBytes: 9, heapUsedBytes: 1, heapLimitBytes: 9 },
    ],
    holds: (read) => fails(() => memoryCheck({ read })),
  },
  'HttpCheckOptions.expect': {
    open: true,
    holds: (expect) =>
      fails(() =>
        httpCheck('http://127.0.0.1/', {
          name: 'web',
          expect,
          fetch: () => Promise.resolve(new Response(null, { status: 503 })),
        }),
      ),
  },
  'HttpCheckOptions.fetch': {
    open: { status: 200 },
    mayAnswerLater: true,
    wrong: [undefined, null, 'ok', 200, {}, { status: '200' }],
    holds: (fetch) => fails(() => httpCheck('http://127.0.0.1/', { name: 'web', fetch })),
  },
  'ReportingVault.report': {
    open: {},
    wrong: [undefined, null, 'fine', 5, { openai: 5 }, { openai: { versions: 'current' } }],
    holds: (report) => fails(() => keyVaultCheck({ report })),
  },
  'RedisClient.ping': {
    open: 'PONG',
    mayAnswerLater: true,
    wrong: [undefined, null, 'ERR', 5, {}],
    holds: (ping) => fails(() => redisCheck({ ping })),
  },
  'PostgresPool.connect': {
    open: { query: () => Promise.resolve({}), release: () => undefined },
    mayAnswerLater: true,
    wrong: [undefined, null, 'client', 5, {}],
    holds: (connect) => fails(() => postgresCheck({ connect, totalCount: 0, idleCount: 0, waitingCount: 0 })),
  },
  'PostgresClient.release': {
    holds: async (release) => {
      const client = { query: () => new Promise(() => undefined), release }
      // The abort at the deadline releases the client.
      return fails(() =>
        postgresCheck({
          connect: () => Promise.resolve(client),
          totalCount: 0,
          idleCount: 0,
          waitingCount: 0,
        }),
      )
    },
  },
  'EventStreamResponse.write': {
    holds: (write) => {
      const clock = createFakeClock()
      let calls = 0
      const response = Object.assign(new EventEmitter(), {
        writableEnded: false,
        writeHead: () => undefined,
        // The first write is the caller's own turn; the heartbeats are ours.
        write: () => (calls++ === 0 ? true : (write() as boolean)),
        end: () => undefined,
      })
      const stream = openEventStream({ headers: {} }, response, { clock, heartbeatMs: 10 })
      clock.advance(35)
      stream.end()
      return calls > 1
    },
  },
  'ManagementServerOptions.middleware': {
    wrong: notBoolean,
    callerWaits: true,
    holds: async (middleware) => {
      const management = createManagementServer({ middleware: [middleware], port: 0 })
      await management.ready()
      const url = `http://127.0.0.1:${String(management.address?.port)}/`
      await fetch(url, { signal: AbortSignal.timeout(100) }).catch(() => undefined)
      await management.close()
      return true
    },
  },
}

async function pageShown(call: AnyFunction): Promise<boolean> {
  const health = createHealth({ statusPage: { path: '/status', access: call } })
  await health.ready()
  const server = createServer((request, response) => {
    health.middleware(request, response, () => response.end('no page'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const body = await (await fetch(`http://127.0.0.1:${String(port)}/status`)).text()
  server.closeAllConnections()
  server.close()
  await health.close()
  return body !== 'no page'
}
