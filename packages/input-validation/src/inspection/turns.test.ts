import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { atOnce, type SteppedWork } from '../detectors/text/stepped-work.ts'
import { inTurns } from './turns.ts'

function* countTo(
  count: number,
  characters: number,
  log: (step: number) => void = () => undefined,
): SteppedWork<number> {
  for (let step = 1; step <= count; step++) {
    log(step)
    yield characters
  }
  return count
}

it('does work at once', () => {
  expect(atOnce(countTo(3, 1))).toBe(3)
})

it.each([
  // One step of a long text fills a turn; of short texts many steps do.
  [100_000, 1],
  [4096, 2],
  [1, Math.ceil(8192 / 128)],
])('takes steps of %i characters, %i a turn', async (characters, perTurn) => {
  let steps = 0
  const done = inTurns(countTo(1000, characters, () => steps++))
  expect(steps).toBe(0)
  await nextTurn()
  expect(steps).toBe(perTurn)
  await nextTurn()
  expect(steps).toBe(perTurn * 2)
  expect(await done).toBe(1000)
})

it('lets works alternate, and one that throws fails alone', async () => {
  const log: string[] = []
  // eslint-disable-next-line require-yield -- it fails before it would
  function* failing(): SteppedWork<number> {
    throw new Error('broken')
  }
  const outcomes = await Promise.allSettled([
    inTurns(countTo(2, 1, (step) => log.push(`a${String(step)}`))),
    inTurns(failing()),
    inTurns(countTo(2, 1, (step) => log.push(`b${String(step)}`))),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(log).toEqual(['a1', 'b1', 'a2', 'b2'])
})
