import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AlfredConfigError, createEventBus, type Logger, noopLogger } from '@alfred/core'
import { createFakeClock, passTime } from '@alfred/testkit'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { CheckResult, Criticality, HealthCheck, HealthGroup, HealthStatus } from './checks/check.ts'
import { createHealth } from './health.ts'
import type { HealthOptions } from './health-options.ts'

/** A registry on a fake clock, without jitter. */
function setUp(options: HealthOptions = {}) {
  const clock = createFakeClock()
  const events = createEventBus(noopLogger)
  const changes: string[] = []
  events.on('health.changed', ({ check, from, to }) => changes.push(`${check}: ${from} > ${to}`))
  const health = createHealth({ clock, events, jitter: 0, ...options })
  onTestFinished(() => health.close())
  return { clock, changes, health, pass: (ms: number) => passTime(clock, ms) }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const fixed = (status: HealthStatus) => (): Promise<CheckResult> => Promise.resolve({ status })

it('has no state before the first round', async () => {
  const { health, pass } = setUp()
  health.register({ name: 'db', check: fixed('pass') })
  expect(health.snapshot()).toMatchObject({ startup: 'fail', readiness: 'fail', health: 'fail' })
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'pending', ageMs: undefined })
  let ready = false
  void health.ready().then(() => (ready = true))
  expect(ready).toBe(false)
  await pass(1)
  expect(ready).toBe(true)
  expect(health.snapshot()).toMatchObject({ startup: 'pass', readiness: 'pass', health: 'pass' })
})

it('is ready and passes when nothing is registered', async () => {
  const { health, pass } = setUp()
  await health.ready()
  await pass(1)
  expect(health.snapshot()).toMatchObject({ startup: 'pass', readiness: 'pass', health: 'pass', checks: [] })
})

it.each<[Criticality, HealthStatus, HealthStatus]>([
  ['critical', 'pass', 'pass'],
  ['critical', 'warn', 'warn'],
  ['critical', 'fail', 'fail'],
  ['degrading', 'pass', 'pass'],
  ['degrading', 'warn', 'warn'],
  ['degrading', 'fail', 'warn'],
  ['informational', 'warn', 'pass'],
  ['informational', 'fail', 'pass'],
])('a %s check that says %s makes its group %s', async (criticality, says, group) => {
  const { health, pass } = setUp({ checks: [{ name: 'a', criticality, check: fixed(says) }] })
  await pass(1)
  expect(health.snapshot().health).toBe(group)
})

it.each<[readonly HealthGroup[], string]>([
  [['startup', 'readiness', 'health'], 'fail fail fail'],
  [['startup'], 'fail fail pass'],
  [['readiness'], 'pass fail pass'],
  [['health'], 'pass pass fail'],
])('a failing critical check in %j gives %s', async (groups, expected) => {
  const { health, pass } = setUp({ checks: [{ name: 'a', groups, check: fixed('fail') }] })
  await pass(1)
  const snapshot = health.snapshot()
  expect([snapshot.startup, snapshot.readiness, snapshot.health].join(' ')).toBe(expected)
})

it('keeps a start-up that has passed', async () => {
  let status: HealthStatus = 'pass'
  const { health, pass } = setUp({
    checks: [{ name: 'a', failAfter: 1, check: () => Promise.resolve({ status }) }],
  })
  await pass(1)
  status = 'fail'
  await pass(5000)
  expect(health.snapshot()).toMatchObject({ startup: 'pass', readiness: 'fail' })
})

it('counts failures and successes in a row, and emits each change once', async () => {
  let status: HealthStatus = 'pass'
  const { changes, health, pass } = setUp({
    checks: [
      { name: 'a', intervalMs: 1000, failAfter: 3, passAfter: 2, check: () => Promise.resolve({ status }) },
    ],
  })
  await pass(1)
  status = 'fail'
  await pass(2000)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'pass', observed: 'fail', failuresInRow: 2 })
  await pass(1000)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'fail', failuresInRow: 3 })
  status = 'pass'
  await pass(1000)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'fail', observed: 'pass' })
  await pass(1000)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'pass', ageMs: expect.any(Number) as number })
  expect(changes).toEqual(['a: pending > pass', 'a: pass > fail', 'a: fail > pass'])
})

it('never runs a check twice at once, and counts every interval that a hung run takes', async () => {
  const releases: (() => void)[] = []
  const { changes, clock, health, pass } = setUp({
    checks: [
      {
        name: 'hung',
        timeoutMs: 1000,
        intervalMs: 2000,
        failAfter: 3,
        check: () => new Promise<void>((resolve) => releases.push(resolve)),
      },
    ],
  })
  await pass(0)
  releases.shift()?.()
  await pass(0)
  await pass(2000)
  expect(releases).toHaveLength(1)
  await pass(1000)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'pass', observed: 'fail', failuresInRow: 1 })
  await pass(4000)
  expect(health.snapshot().checks[0]).toMatchObject({
    status: 'fail',
    output: 'an earlier run has not ended',
  })
  await pass(60_000)
  expect(releases).toHaveLength(1)
  expect(clock.pendingTimers).toBe(1)
  releases.shift()?.()
  await pass(2000)
  releases.shift()?.()
  await pass(1)
  expect(health.snapshot().readiness).toBe('pass')
  expect(changes).toEqual(['hung: pending > pass', 'hung: pass > fail', 'hung: fail > pass'])
})

it('turns stale results to a failure as soon as somebody asks', async () => {
  const { changes, clock, health, pass } = setUp({
    checks: [{ name: 'a', intervalMs: 1000, staleAfterMs: 3000, check: fixed('pass') }],
  })
  await pass(1)
  // The event loop stood still: time went on, and no timer fired.
  let blockedMs = 0
  const real = clock.monotonicMs.bind(clock)
  vi.spyOn(clock, 'monotonicMs').mockImplementation(() => real() + blockedMs)
  blockedMs = 2999
  expect(health.snapshot().readiness).toBe('pass')
  blockedMs = 3000
  expect(health.snapshot()).toMatchObject({ readiness: 'fail', checks: [{ stale: true, status: 'fail' }] })
  await pass(1000)
  expect(health.snapshot()).toMatchObject({ readiness: 'pass', checks: [{ stale: false }] })
  expect(changes).toEqual(['a: pending > pass', 'a: pass > fail', 'a: fail > pass'])
})

/** As a library written in plain JavaScript may. */
const rejectWithText = (): Promise<never> =>
  Promise.resolve().then(() => {
    AbortSignal.abort('secret').throwIfAborted()
    throw new Error('not aborted')
  })

it.each<[string, () => Promise<never>, string]>([
  [
    'a system error',
    () => Promise.reject(Object.assign(new Error('connect 10.0.0.3:5432'), { code: 'ECONNREFUSED' })),
    'failed (ECONNREFUSED)',
  ],
  [
    'an error by its name',
    () => Promise.reject(new TypeError('postgres://user:pw@host')),
    'failed (TypeError)',
  ],
  ['something that is no error', rejectWithText, 'failed'],
  [
    'a code that is a sentence',
    () => Promise.reject(Object.assign(new Error('x'), { code: 'host db1 away', name: 'at db1' })),
    'failed',
  ],
  ['false', () => Promise.resolve(false as never), 'the check resolved to no result'],
  ['another status', () => Promise.resolve({ status: 'up' } as never), 'the check resolved to no result'],
])('shows no more of %s than it may', async (_name, check, output) => {
  const { health, pass } = setUp({ checks: [{ name: 'a', check }] })
  await pass(1)
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'fail', output })
})

it.each<[string, HealthCheck['redact'], string | undefined, number]>([
  ['false', false, 'table users is locked', 1],
  ['true', true, undefined, 0],
  ['a function', ({ status }) => ({ status, output: 'locked' }), 'locked', 0],
  [
    'a function that throws',
    () => {
      throw new Error('no')
    },
    undefined,
    0,
  ],
])('with redact %s', async (_name, redact, output, measurements) => {
  const result: CheckResult = {
    status: 'warn',
    output: 'table users is locked',
    measurements: [{ name: 'locks', observedValue: 1 }],
  }
  const { health, pass } = setUp({ checks: [{ name: 'a', redact, check: () => Promise.resolve(result) }] })
  await pass(1)
  const [check] = health.snapshot().checks
  expect(check).toMatchObject({ status: 'warn', output })
  expect(check?.measurements).toHaveLength(measurements)
})

it('logs an outage once, with its error', async () => {
  const error = new Error('away')
  const warn = vi.fn<Logger['warn']>()
  const { pass } = setUp({
    logger: { ...noopLogger, warn },
    checks: [{ name: 'a', intervalMs: 1000, check: () => Promise.reject(error) }],
  })
  await pass(10_000)
  expect(warn.mock.calls).toEqual([
    [{ check: 'a', output: 'failed (Error)', err: error }, 'a health check failed'],
  ])
})

it('spreads the intervals by the jitter', async () => {
  const random = vi.spyOn(Math, 'random')
  const check = vi.fn(fixed('pass'))
  const { pass } = setUp({ jitter: 0.5, checks: [{ name: 'a', intervalMs: 1000, check }] })
  random.mockReturnValue(0)
  await pass(1)
  random.mockReturnValue(1)
  await pass(500)
  expect(check).toHaveBeenCalledTimes(2)
  await pass(1450)
  expect(check).toHaveBeenCalledTimes(2)
  await pass(50)
  expect(check).toHaveBeenCalledTimes(3)
})

it('keeps nothing of ten thousand polls, whatever the checks do', async () => {
  const released: (() => void)[] = []
  const signals = new Set<AbortSignal>()
  let runs = 0
  const behaviours: Record<string, HealthCheck['check']> = {
    throws: () => Promise.reject(new Error(`number ${String(++runs)}`)),
    hangs: () => new Promise(() => undefined),
    'ends with its signal': (signal) =>
      new Promise((resolve) => {
        signals.add(signal)
        signal.addEventListener('abort', () => {
          signals.delete(signal)
          resolve(undefined)
        })
      }),
    'ignores its signal': () =>
      new Promise<void>((resolve) => {
        released.push(resolve)
      }),
  }
  const { clock, health, pass } = setUp({
    checks: Object.entries(behaviours).map(([name, check]) => ({
      name: name.replaceAll(' ', '-'),
      intervalMs: 10,
      timeoutMs: 10,
      staleAfterMs: 100,
      check,
    })),
  })
  const poll = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      await passTime(clock, 10, 10)
      if (round % 5 === 0) for (const release of released.splice(0)) release()
    }
  }
  await pass(1)
  await poll(1000)
  const timers = clock.pendingTimers
  const before = heapUsed()
  await poll(10_000)
  expect(runs).toBeGreaterThan(10_000)
  expect(Math.abs(clock.pendingTimers - timers)).toBeLessThanOrEqual(4)
  expect(signals.size).toBeLessThanOrEqual(1)
  // 10,000 results of four checks would be several megabytes.
  expect(heapUsed() - before).toBeLessThan(1_000_000)
  await health.close()
  expect(clock.pendingTimers).toBe(0)
})

it('refuses a second check of the same name, and takes it once the first is removed', async () => {
  const close = vi.fn()
  const { health, changes, pass } = setUp()
  const remove = health.register({ name: 'db', check: fixed('fail'), close })
  expect(() => health.register({ name: 'db', check: fixed('pass') })).toThrow(
    expect.objectContaining({ code: 'ALFRED_HEALTH_DUPLICATE_CHECK', details: { check: 'db' } }) as Error,
  )
  await pass(1)
  remove()
  remove()
  expect(close).toHaveBeenCalledOnce()
  expect(health.snapshot().readiness).toBe('pass')
  health.register({ name: 'db', check: fixed('pass') })
  await pass(1)
  expect(changes).toEqual(['db: pending > fail', 'db: fail > removed', 'db: pending > pass'])
})

it('fails readiness alone while it drains', async () => {
  const { health, pass } = setUp({ checks: [{ name: 'a', check: fixed('pass') }] })
  await pass(1)
  health.setDraining(true)
  expect(health.snapshot()).toMatchObject({
    startup: 'pass',
    readiness: 'fail',
    health: 'pass',
    draining: true,
  })
  health.setDraining(false)
  expect(health.snapshot().readiness).toBe('pass')
})

it('closes: no timer is left, runs are aborted and nothing is registered any more', async () => {
  let signal: AbortSignal | undefined
  const failing = vi.fn(() => {
    throw new Error('close failed')
  })
  const { clock, health, pass } = setUp({
    checks: [
      { name: 'a', check: (given) => new Promise<void>(() => (signal = given)), close: failing },
      { name: 'b', check: fixed('pass') },
    ],
  })
  await pass(1)
  const ready = health.ready()
  await health.close()
  await health.close()
  await expect(ready).rejects.toMatchObject({ code: 'ALFRED_LIFECYCLE_CLOSED' })
  expect(clock.pendingTimers).toBe(0)
  expect(signal?.aborted).toBe(true)
  expect(failing).toHaveBeenCalledOnce()
  expect(() => health.register({ name: 'c', check: fixed('pass') })).toThrow('closed')
})

it.each<[string, unknown, string]>([
  ['an unknown option', { check: [] }, 'health.check: is not an option. Did you mean "checks"?'],
  ['a jitter of 2', { jitter: 2 }, 'health.jitter: must be'],
  ['a path without a slash', { paths: { readiness: 'ready' } }, 'health.paths.readiness: must be a path'],
  [
    'two probes on one path',
    { paths: { health: '/readyz' } },
    'health.paths.health: must differ from health.paths.readiness',
  ],
  ['details for true', { details: true }, "health.details: must be 'never', 'always' or a function."],
  ['a check without a name', { checks: [{ check: fixed('pass') }] }, 'health.checks[0].name: is required.'],
  ['a name with a colon', { checks: [{ name: 'a:b', check: fixed('pass') }] }, 'health.checks[0].name: must'],
  [
    'a check that is stale before its next run',
    { checks: [{ name: 'a', intervalMs: 5000, staleAfterMs: 4999, check: fixed('pass') }] },
    'health.checks[0].staleAfterMs: must not be shorter than intervalMs.',
  ],
  [
    'an unknown criticality',
    { checks: [{ name: 'a', criticality: 'criticl', check: fixed('pass') }] },
    'Did you mean "critical"?',
  ],
])('refuses %s', (_name, options, message) => {
  const attempt = (): unknown => createHealth(options as HealthOptions)
  expect(attempt).toThrow(AlfredConfigError)
  expect(attempt).toThrow(message)
})

it('names the option of a check that is registered later', () => {
  const { health } = setUp()
  const check = { name: 'a', timeout: 5, check: fixed('pass') } as HealthCheck
  expect(() => health.register(check)).toThrow(
    'health.check.timeout: is not an option. Did you mean "timeoutMs"?',
  )
})

it('runs a check that fails again within ten seconds, however long its interval is', async () => {
  const answers: HealthStatus[] = ['fail', 'fail', 'pass']
  const check = vi.fn(() => Promise.resolve({ status: answers.shift() ?? 'pass' }))
  const { health, pass } = setUp({ checks: [{ name: 'a', intervalMs: 3_600_000, check }] })
  await pass(0)
  expect(health.snapshot().health).toBe('fail')
  await pass(9_999)
  expect(check).toHaveBeenCalledTimes(1)
  await pass(1)
  await pass(10_000)
  expect(check).toHaveBeenCalledTimes(3)
  expect(health.snapshot().health).toBe('pass')
  await pass(3_599_999)
  expect(check).toHaveBeenCalledTimes(3)
})
