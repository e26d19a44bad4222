import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { createLeaseKeeper } from './lease-keeper.ts'

/** Holds so many leases of 30 s, and returns how often each was renewed in each step of time. */
function setUp(leases: number, lifeMs = 30_000) {
  const clock = createFakeClock()
  const keeper = createLeaseKeeper(clock)
  const renewals = Array.from({ length: leases }, () => 0)
  const releases = renewals.map((_, index) =>
    keeper.hold(lifeMs, () => {
      renewals[index] = (renewals[index] ?? 0) + 1
    }),
  )
  const sum = (): number => renewals.reduce((total, each) => total + each, 0)
  return { clock, keeper, renewals, releases, sum }
}

describe('a keeper of leases', () => {
  it('renews every lease three times in its life, and never all together', () => {
    const { clock, keeper, renewals, sum } = setUp(1000)
    let maxAtOnce = 0
    for (let passedMs = 0; passedMs < 30_000; passedMs += 125) {
      const before = sum()
      clock.advance(125)
      maxAtOnce = Math.max(maxAtOnce, sum() - before)
    }
    expect(new Set(renewals)).toEqual(new Set([3]))
    expect(maxAtOnce).toBeLessThanOrEqual(63)
    keeper.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('renews a lease of a moment in time, too', () => {
    const { clock, keeper, renewals } = setUp(2, 3)
    clock.advance(1)
    expect(renewals).toEqual([1, 1])
    keeper.close()
  })

  it('renews nothing that was returned, and holds no timer for nobody', () => {
    const { clock, releases, sum } = setUp(20)
    for (const release of releases) release()
    for (const release of releases) release()
    expect(clock.pendingTimers).toBe(0)
    clock.advance(60_000)
    expect(sum()).toBe(0)
  })
})
