import { newestAt } from '../vault/key-stages.ts'
import type { KeyVersion, ProviderKeys } from '../vault/vault-document.ts'
import { clockSkewMs } from '../vault/store-time.ts'
import type { ResolvedPolicy } from '../providers/provider-policy.ts'

/** What is to be done next for a provider. */
export type RotationStep =
  | { readonly do: 'schedule' }
  | { readonly do: 'restamp' }
  | { readonly do: 'create' }
  | { readonly do: 'remind'; readonly days: number }
  | {
      readonly do:
        | 'reconcile'
        | 'test'
        | 'promote'
        | 'expire'
        | 'extend'
        | 'retire'
        | 'disable'
        | 'revoke'
        | 'locate'
        | 'forget'
        | 'break'
      readonly version: KeyVersion
    }
  /** Without a version where the provider needs no key. */
  | { readonly do: 'probe'; readonly version: KeyVersion | undefined }

/** What the decision depends on beside the document. */
export interface Circumstances {
  readonly now: number
  /** How long other instances may take to learn of a promotion. */
  readonly activationMs: number
  /** Whether an instance may still use a version: it has not seen the promotion, or holds a lease. */
  readonly isInUse: (version: KeyVersion) => boolean
}

/** Days before a rotation at which an operator who has to stage a key is reminded. */
const reminderDays = [0, 1, 7, 14] as const
const dayMs = 86_400_000

/** More than the longest wait for another attempt. */
const maxRetryMs = 8 * 24 * 3_600_000

/** Whether times are stored that a clock wrote which went ahead and came back; waits would not end by them. */
function isAhead(keys: ProviderKeys, now: number): boolean {
  const isLater = (at: number | undefined, by: number): boolean => at !== undefined && at > now + by
  return (
    isLater(keys.lastRotatedAt, clockSkewMs) ||
    isLater(keys.probe?.checkedAt, clockSkewMs) ||
    isLater(keys.rotation?.retryAt, maxRetryMs) ||
    keys.versions.some(({ since, retryAt }) => isLater(since, clockSkewMs) || isLater(retryAt, maxRetryMs))
  )
}

const isDue = (at: number | undefined, now: number): boolean => at !== undefined && now >= at
const mayTry = ({ retryAt }: { readonly retryAt?: number }, now: number): boolean =>
  retryAt === undefined || now >= retryAt

/** When the current key is to be replaced, ms since the epoch; `undefined` when that is not known yet. */
export function dueAt(keys: ProviderKeys, policy: ResolvedPolicy): number | undefined {
  const current = newestAt(keys, 'current')
  if (!current) return -Infinity
  const { nextRotationAt: scheduled, isAsked } = keys.rotation ?? {}
  if (scheduled === undefined || isAsked === true) return scheduled
  // The brake: whatever a provider says of its keys and a clock of the time, so long lies between two rotations.
  const earliest = (keys.lastRotatedAt ?? -Infinity) + policy.minIntervalMs
  return Math.max(earliest, plannedFor(current, scheduled, policy))
}

function plannedFor(
  current: KeyVersion,
  scheduled: number,
  { adapter, graceMs, rotateEveryMs }: ResolvedPolicy,
): number {
  if (current.expiresAt === undefined) return scheduled
  // A key that ends by itself is replaced before: at four fifths of what is left at its start, or a grace ahead.
  const lifetime = current.expiresAt - current.since
  const ahead =
    adapter.ephemeral === true ? lifetime / 5 : Math.min(graceMs + rotateEveryMs / 10, lifetime / 5)
  return Math.min(scheduled, current.expiresAt - ahead)
}

/**
 * A key that must not live on beside a new one: a leaked one, and one that was lost in the making and found again, so that
 * however often the making fails there is one lost key at a time. While its end fails a new key is made nevertheless.
 */
function endFirst(keys: ProviderKeys, { now }: Circumstances): RotationStep | undefined {
  const leaked = keys.versions.find(
    ({ stage, breakAt }) =>
      breakAt !== undefined && (stage === 'previous' || (stage === 'current' && now >= breakAt)),
  )
  if (leaked) return { do: 'break', version: leaked }
  const version = keys.versions.find(
    (candidate) =>
      mayTry(candidate, now) &&
      (candidate.stage === 'compromised' ||
        (candidate.stage === 'orphaned' && candidate.remoteId !== undefined)),
  )
  return version && { do: 'revoke', version }
}

/** What an ended or lost key still needs at the provider. */
function cleanUp(
  keys: ProviderKeys,
  policy: ResolvedPolicy,
  circumstances: Circumstances,
): RotationStep | undefined {
  const { adapter, graceMs, disabledMs, orphanWatchMs } = policy
  const { now, activationMs, isInUse } = circumstances
  for (const version of keys.versions) {
    if (!mayTry(version, now)) continue
    const age = now - version.since
    if (version.stage === 'orphaned') {
      return age >= orphanWatchMs ? { do: 'forget', version } : { do: 'locate', version }
    }
    if (version.stage === 'previous') {
      if (age >= Math.max(graceMs, activationMs)) {
        if (!isInUse(version)) return { do: 'retire', version }
      } else if (
        adapter.expire &&
        version.keyName !== undefined &&
        version.retired !== true &&
        age >= activationMs
      ) {
        if (!isInUse(version)) return { do: 'expire', version }
      }
    }
    if (version.stage === 'revocation-due') return { do: 'revoke', version }
    if (version.stage === 'revoking') {
      if (!adapter.disable) return { do: 'revoke', version }
      if (version.retired !== true) return { do: 'disable', version }
      if (age >= disabledMs) return { do: 'revoke', version }
    }
  }
  return undefined
}

/** The next step on the way to a new current key. */
function advance(
  keys: ProviderKeys,
  policy: ResolvedPolicy,
  { now }: Circumstances,
): RotationStep | undefined {
  const { adapter, rotateEveryMs, settleMs } = policy
  const current = newestAt(keys, 'current')
  const due = dueAt(keys, policy)
  if (current && (due === undefined || (keys.rotation?.nextRotationAt ?? 0) > now + rotateEveryMs)) {
    // Not planned yet, or planned by a clock that went ahead.
    return { do: 'schedule' }
  }
  if (current?.retired === true && adapter.expire && mayTry(current, now))
    return { do: 'extend', version: current }

  const intent = newestAt(keys, 'intent')
  if (intent) {
    return mayTry(intent, now) && now - intent.since >= settleMs
      ? { do: 'reconcile', version: intent }
      : undefined
  }
  const tested = newestAt(keys, 'tested')
  if (tested) return { do: 'promote', version: tested }

  const pool = keys.versions.filter(({ stage }) => stage === 'pending')
  // What the vault made was made to be used; what an operator staged waits for its turn.
  const made = pool.find(({ keyName }) => keyName !== undefined)
  if (made) return mayTry(made, now) ? { do: 'test', version: made } : undefined
  if (adapter.keyless === true && pool.length === 0) return undefined
  if (isDue(due, now)) {
    const [staged] = pool
    if (staged) return mayTry(staged, now) ? { do: 'test', version: staged } : undefined
    if (adapter.create) return mayTry(keys.rotation ?? {}, now) ? { do: 'create' } : undefined
  }
  if (!adapter.create && pool.length === 0 && current && due !== undefined) {
    const days = reminderDays.find((days) => days * dayMs < rotateEveryMs && now >= due - days * dayMs)
    const reminded = keys.rotation?.remindedDays ?? Infinity
    if (days !== undefined && days < reminded) return { do: 'remind', days }
  }
  return undefined
}

/** Decides, from what is stored alone, what is to be done next for a provider; `undefined` when nothing is. */
export function nextStep(
  keys: ProviderKeys,
  policy: ResolvedPolicy,
  circumstances: Circumstances,
): RotationStep | undefined {
  if (isAhead(keys, circumstances.now)) return { do: 'restamp' }
  const step =
    endFirst(keys, circumstances) ??
    advance(keys, policy, circumstances) ??
    cleanUp(keys, policy, circumstances)
  if (step) return step
  const current = newestAt(keys, 'current')
  if (!current && policy.adapter.keyless !== true) return undefined
  const { probe } = keys
  const stale =
    !probe || probe.version !== current?.version || circumstances.now - probe.checkedAt >= policy.probeEveryMs
  return stale ? { do: 'probe', version: current } : undefined
}
