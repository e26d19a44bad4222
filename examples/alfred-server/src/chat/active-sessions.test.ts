import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createActiveSessions } from './active-sessions.ts'

it('counts conversations by their last use', () => {
  const clock = createFakeClock()
  const sessions = createActiveSessions(clock)
  sessions.touch('a')
  sessions.touch('b')
  sessions.touch('a')
  expect(sessions.count()).toBe(2)
  clock.advance(200_000)
  sessions.touch('a')
  clock.advance(100_000)
  expect(sessions.count()).toBe(1)
  clock.advance(200_000)
  expect(sessions.count()).toBe(0)
})
