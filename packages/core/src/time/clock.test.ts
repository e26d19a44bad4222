import { createFakeClock } from '@alfred/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Clock, clockRule, repeat, systemClock } from './clock.ts'
import { readOptions } from '../options/read-options.ts'

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

describe('a clock of the application', () => {
  const broken = (now: () => number): Clock => ({
    now,
    monotonicMs: now,
    setTimeout: () => {
      throw new Error('no timers')
    },
  })

  it.each([
    ['throws', () => Number(Symbol('no number'))],
    ['reads NaN', () => NaN],
    ['reads infinity', () => Infinity],
  ])('that %s keeps its last good reading', (_name, fails) => {
    const reads = [() => 1000, fails]
    const clock = readOptions(
      'clock',
      broken(() => reads.shift()?.() ?? 0),
      clockRule,
    )
    expect([clock.now(), clock.now()]).toEqual([1000, 1000])
  })

  it('that cannot set a timer uses the timers of the machine', async () => {
    const clock = readOptions(
      'clock',
      broken(() => 0),
      clockRule,
    )
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, 1)
    })
  })

  it('is wrapped once, and the clock of the machine never', () => {
    const clock = readOptions(
      'clock',
      broken(() => 0),
      clockRule,
    )
    expect(readOptions('clock', clock, clockRule)).toBe(clock)
    expect(readOptions('clock', systemClock, clockRule)).toBe(systemClock)
  })
})
