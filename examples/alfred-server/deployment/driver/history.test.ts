import { expect, it } from 'vitest'
import { afterDeploy, afterTry, removable, rollbackTarget } from './history.ts'
import type { Release } from './release.ts'
import type { Run, State } from './state.ts'

const release = (version: string): Release => ({ version, digest: `sha256:${version.padStart(64, '0')}` })
const [one, two, three, four, five] = ['1', '2', '3', '4', '5'].map(release)
const list = (...releases: readonly (Release | undefined)[]): readonly Release[] =>
  releases.filter((each) => each !== undefined)

function state(history: readonly Release[], current = history.at(-1), run?: Run): State {
  return { current, history, tried: history, run }
}

const run = (action: Run['action'], outcome: Run['outcome'], from: Release | undefined): Run => ({
  id: 'x',
  action,
  target: release('9'),
  from,
  step: 'ready',
  slot: 'a',
  startedAt: '',
  outcome,
  error: undefined,
})

it.each<[string, State, Release | undefined]>([
  ['nothing served', state([]), undefined],
  ['one release served', state(list(one)), undefined],
  ['two served', state(list(one, two)), one],
  ['the last run failed, and was undone', state(list(one, two), two, run('deploy', 'failed', two)), one],
  ['the last run was killed', state(list(one, two), two, run('deploy', undefined, two)), two],
  ['a slot could not be restored', state(list(one, two), two, run('deploy', 'broken', two)), two],
  ['the first deploy was killed', state([], undefined, run('deploy', undefined, undefined)), undefined],
])('rolls back, when %s', (_what, before, expected) => {
  expect(rollbackTarget(before)).toEqual(expected)
})

it('goes back further each time, and never forth to what was left', () => {
  if (!one || !two || !three) throw new Error('there are five releases')
  const back = afterDeploy(state(list(one, two, three), three, run('rollback', 'succeeded', three)), two, 20)
  expect(back).toMatchObject({ current: two, history: [one, two] })
  expect(rollbackTarget(back)).toEqual(one)
})

it('remembers a release once, at its latest place', () => {
  if (!one || !two) throw new Error('there are five releases')
  expect(afterDeploy(state(list(one, two), two, run('deploy', undefined, two)), one, 20).history).toEqual([
    two,
    one,
  ])
})

it('removes what was tried, and neither what serves, nor the last three, nor what never ran', () => {
  if (!one || !two || !five) throw new Error('there are five releases')
  const history = list(one, two, three, four)
  const before = afterTry(state(history), five, 50)
  const never = release('7')
  const present = [...list(one, two, three, four, five), never]
  expect(removable(present, before, [], 3)).toEqual([one, five])
  expect(removable(present, before, [one.digest], 3)).toEqual([five])
})
