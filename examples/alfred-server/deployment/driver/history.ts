import type { Release } from './release.ts'
import type { State } from './state.ts'

const without = (releases: readonly Release[], digest: string): readonly Release[] =>
  releases.filter((release) => release.digest !== digest)

/** The state after `release` has begun to serve from both slots. Going back leaves out what was left. */
export function afterDeploy(state: State, release: Release, kept: number): State {
  const isRollback = state.run?.action === 'rollback'
  const index = state.history.findIndex(({ digest }) => digest === release.digest)
  const earlier =
    isRollback && index >= 0 ? state.history.slice(0, index) : without(state.history, release.digest)
  return { ...state, current: release, history: [...earlier, release].slice(-Math.max(kept, 2)) }
}

/** The state with `release` among those that were tried. */
export const afterTry = (state: State, release: Release, kept: number): State => ({
  ...state,
  tried: [...without(state.tried, release.digest), release].slice(-kept),
})

/**
 * What `rollback` goes back to: what served before a run that did not succeed and may have changed a slot, else the
 * newest release that served before the current one.
 */
export function rollbackTarget({ current, history, run }: State): Release | undefined {
  if (run !== undefined && run.outcome !== 'succeeded' && run.outcome !== 'failed' && run.from)
    return run.from
  const index = history.findIndex(({ digest }) => digest === current?.digest)
  return index > 0 ? history[index - 1] : undefined
}

/** What may be removed: of those that were tried, all but the last `kept` that served, and what runs. */
export function removable(
  present: readonly Release[],
  { history, tried, current }: State,
  running: readonly string[],
  kept: number,
): readonly Release[] {
  const needed = new Set([
    ...history.slice(-kept).map(({ digest }) => digest),
    ...running,
    ...(current ? [current.digest] : []),
  ])
  const known = new Set(tried.map(({ digest }) => digest))
  return present.filter(({ digest }) => known.has(digest) && !needed.has(digest))
}
