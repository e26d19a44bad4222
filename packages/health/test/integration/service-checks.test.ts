import { createEventBus, noopLogger } from '@alfred/core'
import { startPostgres, startRedis, waitFor } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { createHealth, type HealthCheck, postgresCheck, redisCheck } from '../../src/index.ts'

const timing = { timeoutMs: 300, intervalMs: 200, failAfter: 2, passAfter: 1 }

/** From the moment a service goes: one wait, and twice as long as a run may take and the wait after it. */
const worstCaseMs = timing.intervalMs * 1.1 + timing.failAfter * (timing.timeoutMs + timing.intervalMs * 1.1)
const slackMs = 1000

async function watch(check: HealthCheck) {
  const events = createEventBus(noopLogger)
  const changes: string[] = []
  events.on('health.changed', ({ from, to }) => changes.push(`${from} > ${to}`))
  const health = createHealth({ events, checks: [check] })
  onTestFinished(() => health.close())
  await health.ready()
  expect(health.snapshot().readiness).toBe('pass')
  /** @returns how long it took until readiness was `status` */
  const until = async (status: string) => {
    const from = performance.now()
    await waitFor(() => health.snapshot().readiness === status, { timeoutMs: 20_000, what: status })
    return performance.now() - from
  }
  return { changes, health, until, output: () => health.snapshot().checks[0]?.output }
}

const bothOutages = ['pending > pass', 'pass > fail', 'fail > pass', 'pass > fail', 'fail > pass']

it('reports a Redis that hangs, comes back, dies and comes back', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const client = new Redis(redis.url, { retryStrategy: () => 100 })
  client.on('error', () => undefined)
  onTestFinished(() => {
    client.disconnect()
  })
  const { changes, health, until, output } = await watch(redisCheck(client, timing))

  redis.pause()
  expect(await until('fail')).toBeLessThan(worstCaseMs + slackMs)
  expect(output()).toMatch(/^(took longer than allowed|an earlier run has not ended)/)
  expect(health.snapshot().health).toBe('fail')
  redis.resume()
  expect(await until('pass')).toBeLessThan(2 * timing.intervalMs + slackMs)

  await redis.kill()
  expect(await until('fail')).toBeLessThan(worstCaseMs + slackMs)
  expect(output()).not.toContain('127.0.0.1')
  await redis.restart()
  await until('pass')
  expect(changes).toEqual(bothOutages)
})

it('reports a Redis that dies and comes back, through node-redis', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const client = createClient({ url: redis.url, socket: { reconnectStrategy: 100 } })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => {
    client.destroy()
  })
  const { changes, until } = await watch(redisCheck(client, timing))
  await redis.kill()
  expect(await until('fail')).toBeLessThan(worstCaseMs + slackMs)
  await redis.restart()
  await until('pass')
  expect(changes).toEqual(['pending > pass', 'pass > fail', 'fail > pass'])
})

it('reports a PostgreSQL that hangs, comes back, dies and comes back', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.stop())
  const pool = new Pool({ connectionString: postgres.url, max: 3, connectionTimeoutMillis: 1000 })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  const { changes, until, output } = await watch(postgresCheck(pool, timing))

  postgres.pause()
  expect(await until('fail')).toBeLessThan(worstCaseMs + slackMs)
  expect(output()).toMatch(/^(took longer than allowed|an earlier run has not ended)/)
  postgres.resume()
  await until('pass')

  await postgres.kill()
  expect(await until('fail')).toBeLessThan(worstCaseMs + slackMs)
  expect(output()).not.toContain('127.0.0.1')
  await postgres.restart()
  await until('pass')
  expect(changes).toEqual(bothOutages)
  await waitFor(() => pool.waitingCount === 0)
  expect(pool.totalCount).toBeLessThanOrEqual(1)
})

it('tells of a PostgreSQL pool whose callers wait', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.stop())
  const pool = new Pool({ connectionString: postgres.url, max: 2 })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  const { health, until, output } = await watch(postgresCheck(pool, { ...timing, timeoutMs: 2000 }))

  const clients = await Promise.all([pool.connect(), pool.connect()])
  const waiting = pool.connect()
  const asked = waitFor(() => pool.waitingCount === 2)
  await asked
  for (const client of clients) client.release()
  await until('warn')
  expect(output()).toBe('callers wait for a connection')
  expect(health.snapshot().checks[0]?.measurements).toContainEqual({
    name: 'utilization',
    componentId: 'pool',
    observedValue: 100,
    observedUnit: 'percent',
  })
  expect(health.snapshot().checks[0]?.measurements).toContainEqual({
    name: 'utilization',
    componentId: 'server',
    observedValue: expect.any(Number) as number,
    observedUnit: 'percent',
  })
  ;(await waiting).release()
  await until('pass')
})

it('lives on when the server dies while it is asked', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.stop())
  // As in production: the idle ones have a listener, the one that is lent has not.
  const pool = new Pool({ connectionString: postgres.url, max: 1 })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  const check = postgresCheck(pool, { query: 'SELECT pg_sleep(60)' })
  const asked = Promise.resolve(check.check(new AbortController().signal)).catch((error: unknown) => error)
  const client = new Pool({ connectionString: postgres.url, max: 1 })
  client.on('error', () => undefined)
  onTestFinished(() => client.end())
  await waitFor(
    async () =>
      (await client.query("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")).rowCount === 1,
    { what: 'the check at work' },
  )
  // A client without a listener throws what is emitted, which ends a process.
  await postgres.kill()
  expect(await asked).toBeInstanceOf(Error)
  await postgres.restart()
  await pool.query('SELECT 1')
})
