import { findVersion } from '../vault/key-stages.ts'
import { breakVersion, replaceVersion } from '../vault/end-version.ts'
import type { KeyStage, KeyVersion } from '../vault/vault-document.ts'
import { type RotationRequestParts, wait } from './request-rotation.ts'

/** What became of a leaked key. */
export interface KeyReplacement {
  /** The version that is current now; `undefined` when there is none. */
  readonly current: number | undefined
  /** The stage that the leaked one has come to. */
  readonly stage: KeyStage
}

/** Still in use, or about to end with the next look. */
const isInUse = ({ stage }: KeyVersion): boolean => stage === 'current' || stage === 'previous'

/**
 * Replaces a leaked key: another is made, tested and promoted, whichever instance does it, and then the leaked one is ended. When that
 * is not done within `deadlineMs` the leaked one is ended anyway, and the newest that has not leaked takes its place.
 */
export async function replaceKey(
  { core, clock, pollMs, tick }: Omit<RotationRequestParts, 'providers'>,
  provider: string,
  version: number,
  deadlineMs: number,
): Promise<KeyReplacement> {
  await core.mutate((document, moment) => {
    const breakAt = moment.now + deadlineMs
    return Promise.resolve([
      replaceVersion(document, provider, version, { ...moment, breakAt }),
      undefined,
    ] as const)
  })
  const lateAt = clock.monotonicMs() + deadlineMs
  const found = (): KeyVersion => findVersion(core.state().document, provider, version)
  for (;;) {
    await tick()
    if (!isInUse(found())) break
    if (clock.monotonicMs() >= lateAt) {
      // No instance has done it: none rotates this provider, or none runs.
      await core.mutate((document, moment) => {
        const isOver = !isInUse(findVersion(document, provider, version))
        const changed = isOver ? document : breakVersion(document, provider, version, moment)
        return Promise.resolve([changed, undefined] as const)
      })
      await tick()
      break
    }
    await wait(clock, pollMs / 4)
  }
  const { current } = core.state()
  return { current: current.get(provider)?.version, stage: found().stage }
}
