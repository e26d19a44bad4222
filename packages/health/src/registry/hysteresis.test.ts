import { expect, it } from 'vitest'
import type { HealthStatus } from '../checks/check.ts'
import { freshStreak, nextStreak } from './hysteresis.ts'

const observed: Record<string, HealthStatus> = { p: 'pass', w: 'warn', f: 'fail' }

it.each([
  // failAfter, passAfter, what was seen, what counts after each
  [1, 1, 'pfpf', 'pfpf'],
  [2, 1, 'pfpf', 'pppp'],
  [2, 1, 'pffp', 'ppfp'],
  [3, 2, 'pffffpfpp', 'pppfffffp'],
  [3, 2, 'pfffppp', 'pppffpp'],
  [3, 1, 'f', 'f'],
  [3, 1, 'fp', 'fp'],
  [3, 2, 'fpp', 'ffp'],
  [2, 1, 'pwpwfw', 'pwpwww'],
  [2, 3, 'ffwpw', 'ffffw'],
])('failAfter %i, passAfter %i: %s counts as %s', (failAfter, passAfter, seen, counted) => {
  let streak = freshStreak
  const states = seen.split('').map((letter) => {
    streak = nextStreak(streak, observed[letter] ?? 'pass', { failAfter, passAfter })
    return streak.status.charAt(0)
  })
  expect(states.join('')).toBe(counted)
})
