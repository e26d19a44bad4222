import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import type { CheckStatus } from '../checks/check.ts'
import { createHealthHistory, slotCount } from './health-history.ts'

const minute = 60_000

/** Slots of one minute; the time is the start of one. */
function setUp() {
  const clock = createFakeClock()
  clock.advance(minute - (clock.monotonicMs() % minute))
  return { clock, history: createHealthHistory(clock, slotCount * minute) }
}

it.each<[string, [CheckStatus, number][], string, number | undefined]>([
  // A state and how many minutes it lasts; the newest slots; the share of the time that was not a failure.
  ['nothing', [], '----', undefined],
  ['no result yet', [['pending', 2]], '----', undefined],
  ['a pass', [['pass', 0]], '---p', undefined],
  ['a pass that lasts', [['pass', 3]], 'pppp', 1],
  [
    'the worst of a slot',
    [
      ['pass', 0.2],
      ['fail', 0.2],
      ['warn', 0.1],
    ],
    '---f',
    0.6,
  ],
  [
    'a failure and its end',
    [
      ['pass', 1],
      ['fail', 1],
      ['pass', 2],
    ],
    'ffpp',
    0.75,
  ],
  [
    'more than it holds',
    [
      ['fail', 100],
      ['warn', 300],
    ],
    'wwww',
    0.75,
  ],
])('keeps %s', (_name, states, newest, upShare) => {
  const { clock, history } = setUp()
  for (const [status, minutes] of states) {
    history.note('a', status)
    clock.advance(minutes * minute)
  }
  const { slots, ...rest } = history.read('a')
  expect(slots).toHaveLength(slotCount)
  expect(slots.slice(-4)).toBe(newest)
  expect(rest).toEqual({ upShare })
})

it('forgets', () => {
  const { clock, history } = setUp()
  history.note('a', 'fail')
  clock.advance(minute)
  history.forget('a')
  expect(history.read('a')).toEqual({ slots: '-'.repeat(slotCount), upShare: undefined })
})
