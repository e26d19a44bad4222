import { expect, it } from 'vitest'
import { createFakeClock, pendingFakeTimers } from './fake-clock.ts'

it('starts away from 0 and counts from there', () => {
  const clock = createFakeClock()
  expect(clock.monotonicMs()).toBe(7_777_000)
  expect([clock.now() % 1000, clock.elapsedMs]).toEqual([123, 0])
  clock.advance(50)
  clock.jump(1000)
  expect([clock.now() % 1000, clock.elapsedMs, clock.monotonicMs()]).toEqual([173, 50, 7_777_050])
})

it.each([
  ['none', [], 0],
  ['one that waits', [50], 1],
  ['one that is due and one that is not', [49, 50], 1],
])('counts the timers that were left: %s', (_what, delays, expected) => {
  const clock = createFakeClock()
  for (const delayMs of delays) clock.setTimeout(() => undefined, delayMs)
  clock.advance(49)
  expect(pendingFakeTimers()).toBe(expected)
  expect(pendingFakeTimers()).toBe(0)
})
