import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { repeat } from './clock.ts'

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
