import { createFakeClock } from '@alfred/testkit'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryStore, createRateLimiter, type MemoryStore, type RateLimitStore } from '../index.ts'

const policy = { limit: 1000, windowMs: 1000, burst: 1000 }
const takeAhead = { units: 50, maxMs: 100 }

/** Several processes on one store that answers later, as one over the network does. */
function createProcesses(count: number, leased: boolean) {
  const clock = createFakeClock()
  const inner: MemoryStore = createMemoryStore({ clock })
  const state = { calls: 0 }
  const store: RateLimitStore = {
    ...inner,
    prepare(rules) {
      const take = inner.prepare(rules)
      return (...call) => {
        state.calls += 1
        return Promise.resolve(take(...call))
      }
    },
    watch: () => ({ hears: true, close: () => undefined }),
  }
  const limiters = Array.from({ length: count }, () =>
    createRateLimiter({
      clock,
      store,
      policies: [
        { ...policy, name: 'hot', key: () => 'k', match: false, takeAhead: leased ? takeAhead : undefined },
      ],
    }),
  )
  // The queue of deadlines keeps its last timer until it is due.
  onTestFinished(() => {
    clock.advance(1000)
  })
  const take = async (process: number) =>
    (await limiters[process]?.consume({ policy: 'hot', key: 'k' }))?.allowed === true
  return { clock, state, take, limiters }
}

describe('units taken ahead', () => {
  it('ask the store once for as many', async () => {
    const { state, take } = createProcesses(1, true)
    for (let request = 0; request < 500; request += 1) expect(await take(0)).toBe(true)
    expect(state.calls).toBe(10)
  })

  it('are taken once by requests that come together', async () => {
    const { state, take } = createProcesses(1, true)
    const allowed = await Promise.all(Array.from({ length: 50 }, () => take(0)))
    expect(allowed.every(Boolean)).toBe(true)
    expect(state.calls).toBe(1)
  })

  it('admit the whole burst, less what comes back within maxMs, to one process', async () => {
    const { take } = createProcesses(1, true)
    let allowed = 0
    for (let request = 0; request < 1100; request += 1) if (await take(0)) allowed += 1
    expect(allowed).toBe(900)
  })

  it('are void after maxMs, and counted into the next units', async () => {
    const { clock, state, take, limiters } = createProcesses(1, true)
    await take(0)
    clock.advance(100)
    await take(0)
    expect(state.calls).toBe(2)
    // 49 were left over and are not counted a second time.
    clock.advance(0)
    expect((await limiters[0]?.get('hot', 'k'))?.resetMs).toBeLessThanOrEqual(51)
  })

  it('never admit more than the policy, and no less than the processes hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
            process: fc.nat({ max: 3 }),
            requests: fc.integer({ min: 1, max: 400 }),
          }),
          { maxLength: 25 },
        ),
        async (steps) => {
          const { clock, take } = createProcesses(4, true)
          const exact = createProcesses(1, false)
          const log: { at: number; count: number }[] = []
          let allowed = 0
          let allowedExactly = 0
          for (const { waitMs, process, requests } of steps) {
            clock.advance(waitMs)
            exact.clock.advance(waitMs)
            let count = 0
            for (let request = 0; request < requests; request += 1) {
              if (await take(process)) count += 1
              if (await exact.take(0)) allowedExactly += 1
            }
            allowed += count
            log.push({ at: clock.monotonicMs(), count })
          }
          for (const [from, first] of log.entries()) {
            let sum = 0
            for (const { at, count } of log.slice(from)) {
              sum += count
              expect(sum).toBeLessThanOrEqual(
                policy.burst + (policy.limit * (at - first.at)) / policy.windowMs,
              )
            }
          }
          // A burst that is smaller by what comes back within maxMs, and what four processes hold.
          expect(allowed).toBeGreaterThanOrEqual(
            allowedExactly - 100 - steps.length * 4 * (takeAhead.units - 1),
          )
        },
      ),
      { numRuns: 25 },
    )
  })
})
