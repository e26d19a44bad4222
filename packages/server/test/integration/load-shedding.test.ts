import { expect, it } from 'vitest'
import { measureOverload } from '../overload/measure-overload.ts'

it(
  'bounds the time of admitted requests, which without it grows with what comes',
  { timeout: 120_000 },
  async () => {
    const few = { requests: 100, busyMs: 10 }
    const many = { requests: 400, busyMs: 10 }
    const queuedFew = await measureOverload(false, few)
    const queued = await measureOverload(false, many)
    const shedding = await measureOverload(true, many)
    expect(queued).toMatchObject({ admitted: 400, shed: 0 })
    expect(queued.p99Ms).toBeGreaterThan(queuedFew.p99Ms)
    expect(shedding.admitted).toBeGreaterThan(0)
    expect(shedding.admitted + shedding.shed).toBe(400)
    // A quarter on an idle machine; other work on it is spread over the three runs as it likes.
    expect(shedding.p99Ms).toBeLessThan(queued.p99Ms)
  },
)
