import { expect, it } from 'vitest'
import { measureOverload } from '../overload/measure-overload.ts'

it(
  'keeps the time of admitted requests bounded when three times as much comes as can be served',
  { timeout: 90_000 },
  async () => {
    const plan = { requestsPerSecond: 600, busyMs: 5, durationMs: 1500 }
    const queued = await measureOverload(false, plan)
    const shedding = await measureOverload(true, plan)
    // Without shedding all of them wait for all before them, and the longer the load lasts the longer.
    expect(queued.shed).toBe(0)
    expect(shedding.shed).toBeGreaterThan(0)
    expect(shedding.admitted).toBeGreaterThan(0)
    expect(shedding.p99Ms).toBeLessThan(queued.p99Ms / 2)
  },
)
