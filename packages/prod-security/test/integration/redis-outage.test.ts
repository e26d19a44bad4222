import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRedis, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { alfredHardening } from '../../src/alfred-hardening.ts'

it('goes on serving without Redis, tells the probes, and counts there again when it is back', async () => {
  await using redis = await startRedis()
  await redis.kill()
  const guard = alfredHardening({
    alerting: { dispatcher: { sinks: [{ name: 'nobody', deliver: () => Promise.resolve() }] } },
    rateLimit: {
      redis: { url: redis.url },
      policies: [{ name: 'all', limit: 3, windowMs: 600_000, key: 'address' }],
    },
  })
  const server = createServer((request, response) => {
    guard(request, response, () => response.end('served'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const status = async (path: string): Promise<number> => (await fetch(url + path)).status
  const statusTurns = (path: string, expected: number): Promise<unknown> =>
    waitFor(async () => (await status(path)) === expected, {
      timeoutMs: 20_000,
      what: `${path} ${String(expected)}`,
    })

  try {
    await guard.ready()
    await guard.health.ready()
    expect(await status('/readyz')).toBe(503)
    expect(await status('/livez')).toBe(200)

    await redis.restart()
    await statusTurns('/readyz', 200)
    await statusTurns('/healthz', 200)
    expect(await status('/')).toBe(200)

    await redis.kill()
    await waitFor(async () => (await (await fetch(`${url}/healthz`)).text()).includes('"warn"'), {
      timeoutMs: 20_000,
      what: '/healthz warn',
    })
    // Counting goes on here: nobody is woken.
    expect(guard.alerting.dispatcher.active().map(({ name, severity }) => [name, severity])).toEqual([
      ['RateLimitStoreUnavailable', 'warning'],
      ['HealthCheckFailing', 'warning'],
    ])
    expect(await status('/readyz')).toBe(200)
    for (let sent = 0; sent < 3; sent++) expect(await status('/')).toBe(200)
    expect(await status('/')).toBe(429)

    await redis.restart()
    await waitFor(() => Promise.resolve(guard.alerting.dispatcher.active().length === 0), {
      timeoutMs: 20_000,
      what: 'no alert',
    })
    const { remaining } = await guard.rateLimit.get('all', '127.0.0.1')
    expect(remaining).toBe(3)
  } finally {
    server.closeAllConnections()
    server.close()
    await guard.close()
  }
})
