import { beforeEach, expect, onTestFinished } from 'vitest'
import { pendingFakeTimers } from '../time/fake-clock.ts'

const listenerCounts = (): ReadonlyMap<string | symbol, number> =>
  new Map(process.eventNames().map((name) => [name, process.listenerCount(name)]))

/**
 * What holds timers or listens to the process has to let go of them when it is closed: every test fails that leaves
 * any, after its own hooks have closed what it made. Vitest itself fails on rejections that nobody handles.
 */
beforeEach(() => {
  const before = listenerCounts()
  pendingFakeTimers()
  onTestFinished(() => {
    const left = [...listenerCounts()].filter(([name, count]) => count > (before.get(name) ?? 0))
    expect(left, 'listeners that were left on the process').toEqual([])
    expect(pendingFakeTimers(), 'timers of a fake clock that were left: close what the test made').toBe(0)
  })
})
