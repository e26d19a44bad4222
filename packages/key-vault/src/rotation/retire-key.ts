import { changeVersion, moveVersion } from '../vault/key-stages.ts'
import { breakVersion } from '../vault/end-version.ts'
import type { KeyVersion } from '../vault/vault-document.ts'
import { findRemoteId } from './make-key.ts'
import { knownKey, type StepContext } from './step-context.ts'

/** Makes the provider end an old key when its grace is over, should nobody of us be there to do it. */
export async function limitLife(context: StepContext, previous: KeyVersion): Promise<void> {
  const { policy, provider, now } = context
  const { adapter, graceMs } = policy
  const key = await knownKey(context, previous)
  const leftMs = Math.max(1, previous.since + graceMs - now())
  await context.call(async (signal) => adapter.expire?.(key, leftMs, signal))
  await context.write((document, moment) =>
    changeVersion(document, provider, previous.version, (found) => ({
      ...found,
      retired: true,
      expiresAt: moment.now + leftMs,
    })),
  )
}

/** Gives a key that was rolled back to the life of a new one. */
export async function extendLife(context: StepContext, current: KeyVersion): Promise<void> {
  const { policy, provider } = context
  const { adapter, keyLifetimeMs } = policy
  const key = await knownKey(context, current)
  await context.call(async (signal) => adapter.expire?.(key, keyLifetimeMs, signal))
  await context.write((document, moment) =>
    changeVersion(document, provider, current.version, (found) => ({
      ...found,
      retired: false,
      expiresAt: moment.now + keyLifetimeMs,
    })),
  )
}

/** From previous to revoking: the provider is told afterwards. */
export function beginRevoking({ provider, write }: StepContext, previous: KeyVersion): Promise<void> {
  return write((document, moment) =>
    moveVersion(document, provider, previous.version, {
      from: ['previous'],
      to: 'revoking',
      moment,
      also: { retired: false },
    }),
  )
}

/** Switches a key off at the provider, where that can be undone for a while. */
export async function disableKey(context: StepContext, revoking: KeyVersion): Promise<void> {
  const { policy, provider } = context
  const key = await knownKey(context, revoking)
  await context.call(async (signal) => policy.adapter.disable?.(key, signal))
  await context.write((document) =>
    changeVersion(document, provider, revoking.version, (found) => ({ ...found, retired: true })),
  )
}

/** Ends a leaked key whose successor is current, or that none could be made for in time. */
export const breakKey = ({ provider, write }: StepContext, { version }: KeyVersion): Promise<void> =>
  write((document, moment) => breakVersion(document, provider, version, moment))

const stillLost = 15_000

/** Looks again for a key that perhaps was made. */
export async function locateOrphan(context: StepContext, orphan: KeyVersion): Promise<void> {
  const { provider, policy } = context
  const remoteId = await findRemoteId(context, orphan)
  const waitMs = Math.min(stillLost, Math.max(1, policy.orphanWatchMs / 4))
  await context.write((document, moment) =>
    changeVersion(document, provider, orphan.version, (found) =>
      remoteId === undefined ? { ...found, retryAt: moment.now + waitMs } : { ...found, remoteId },
    ),
  )
}

/** Gives up looking for a key that was not found for long: it was not made, or its provider ended it. */
export function forgetOrphan({ provider, write }: StepContext, orphan: KeyVersion): Promise<void> {
  return write((document, moment) =>
    moveVersion(document, provider, orphan.version, { from: ['orphaned'], to: 'revoked', moment }),
  )
}
