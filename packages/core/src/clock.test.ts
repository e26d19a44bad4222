import { createFakeClock } from '@alfred/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { repeat, systemClock } from './clock.ts'

describe('repeat', () => {
  it('calls back at every interval until cancelled', () => {
    const clock = createFakeClock()
    let calls = 0
    const timer = repeat(clock, 100, () => (calls += 1))
    clock.advance(350)
    expect(calls).toBe(3)
    timer.cancel()
    clock.advance(1000)
    expect(calls).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be cancelled from its own callback', () => {
    const clock = createFakeClock()
    let calls = 0
    const timer = repeat(clock, 100, () => {
      calls += 1
      timer.cancel()
    })
    clock.advance(1000)
    expect(calls).toBe(1)
  })
})

describe('the system clock', () => {
  afterEach(() => vi.useRealTimers())

  it('waits 30 days, where a plain Node timer fires after 1 ms', () => {
    vi.useFakeTimers()
    const days = 24 * 60 * 60 * 1000
    let fired = 0
    systemClock.setTimeout(() => (fired += 1), 30 * days)
    vi.advanceTimersByTime(30 * days - 1)
    expect(fired).toBe(0)
    vi.advanceTimersByTime(1)
    expect(fired).toBe(1)
  })

  it('cancels in the middle of a long wait', () => {
    vi.useFakeTimers()
    let fired = 0
    const timer = systemClock.setTimeout(() => (fired += 1), 2 ** 32)
    vi.advanceTimersByTime(2 ** 31)
    timer.cancel()
    vi.advanceTimersByTime(2 ** 32)
    expect(fired).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
