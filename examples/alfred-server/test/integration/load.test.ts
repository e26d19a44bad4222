import { expect, it } from 'vitest'
import { loadTargets } from '../load/load-targets.ts'
import { percentiles } from '../load/latencies.ts'
import { runLoad } from '../load/run-load.ts'

it('serves chats by events, by WebSocket and API traffic from two instances without an error', async () => {
  const figures = await runLoad({
    seconds: 4,
    eventClients: 4,
    socketClients: 4,
    apiClients: 2,
    readMs: 1000,
  })
  expect(figures.failures).toEqual({})
  expect(figures.errorPercent).toBe(0)
  expect(figures.events.requests).toBeGreaterThan(0)
  expect(figures.sockets.requests).toBeGreaterThan(0)
  expect(figures.api.requests).toBeGreaterThan(0)
  expect(figures.memoryMb).toBeGreaterThan(50)
  expect(figures.databaseConnections).toBeGreaterThan(0)
  expect(loadTargets(figures).map(({ name }) => name)).toEqual([
    'Response Time (P95)',
    'Uptime',
    'Error Rate',
    'Database Connections',
    'Memory Usage',
    'CPU Usage',
  ])
}, 120_000)

it('takes percentiles by nearest rank', () => {
  expect(percentiles(Array.from({ length: 200 }, (_, n) => 200 - n))).toEqual({
    p50: 100,
    p95: 190,
    p99: 198,
  })
  expect(percentiles([])).toEqual({ p50: 0, p95: 0, p99: 0 })
})
