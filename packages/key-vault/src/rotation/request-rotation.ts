import { AlfredError, type Clock, option, readOptions } from '@alfred/core'
import { askRotation, keysOf, newestAt } from '../vault/key-stages.ts'
import type { VaultCore } from '../vault/vault-core.ts'
import type { ResolvedPolicy } from '../providers/provider-policy.ts'

/** What a request for a rotation works with. */
export interface RotationRequestParts {
  readonly core: VaultCore
  readonly clock: Clock
  readonly pollMs: number
  readonly providers: ReadonlyMap<string, ResolvedPolicy>
  readonly tick: () => Promise<void>
}

/** What a request for a rotation may say. */
export interface RotationRequest {
  /** Rotates only while this version is current, so that many may ask for one rotation. */
  readonly ifVersion?: number | undefined
  /**
   * Longest wait, in milliseconds.
   * @default 900000
   */
  readonly timeoutMs?: number | undefined
}

/** Longer than a provider may take to know a new key. */
const defaultTimeoutMs = 900_000

export const wait = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimeout(resolve, ms)
  })

/**
 * Makes a rotation due now and waits for it, whichever instance does it.
 *
 * @returns the current version
 * @throws `AlfredError` `ALFRED_VAULT_ROTATION_FAILED`
 */
export async function requestRotation(
  { core, clock, pollMs, providers, tick }: RotationRequestParts,
  provider: string,
  { ifVersion, timeoutMs = defaultTimeoutMs }: RotationRequest,
): Promise<number> {
  readOptions('vault.rotate.provider', provider, option.oneOf(...providers.keys()))
  const canMake = providers.get(provider)?.adapter.create !== undefined
  const { before, failures } = await core.mutate((document, moment) => {
    const keys = keysOf(document, provider)
    const before = newestAt(keys, 'current')?.version
    const failures = keys.rotation?.failures ?? 0
    if (ifVersion !== undefined && before !== ifVersion) {
      return Promise.resolve([document, { before: undefined, failures }] as const)
    }
    if (!canMake && !newestAt(keys, 'pending') && !newestAt(keys, 'tested')) {
      throw new AlfredError(
        'ALFRED_VAULT_KEY_NOT_FOUND',
        `Stage a key of ${provider} first: its adapter cannot create one.`,
        { provider },
      )
    }
    const { isAsked, retryAt } = keys.rotation ?? {}
    // Another instance asked for it already: sixty that ask at once need not write sixty times.
    if (isAsked === true && retryAt === undefined)
      return Promise.resolve([document, { before, failures }] as const)
    return Promise.resolve([askRotation(document, provider, moment), { before, failures }] as const)
  })
  const lateAt = clock.monotonicMs() + timeoutMs
  for (;;) {
    await tick()
    const keys = keysOf(core.state().document, provider)
    const current = newestAt(keys, 'current')?.version
    if (current !== undefined && current !== before) return current
    if ((keys.rotation?.failures ?? 0) > failures) {
      const reason = keys.rotation?.lastErrorCode ?? 'unknown'
      throw new AlfredError(
        'ALFRED_VAULT_ROTATION_FAILED',
        `The key of ${provider} was not rotated: ${reason}. The vault retries.`,
        { provider, reason },
      )
    }
    if (clock.monotonicMs() >= lateAt) {
      throw new AlfredError(
        'ALFRED_VAULT_ROTATION_FAILED',
        `The key of ${provider} was not rotated in time. The vault retries.`,
        { provider, reason: 'timeout' },
      )
    }
    await wait(clock, pollMs / 4)
  }
}
