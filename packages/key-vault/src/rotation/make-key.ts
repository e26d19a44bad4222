import { randomBytes } from 'node:crypto'
import { addVersion, changeRotation, keysOf, moveVersion, newestAt } from '../vault/key-stages.ts'
import type { NewKey } from '../providers/provider-adapter.ts'
import { ProviderError } from '../providers/provider-error.ts'
import type { ResolvedPolicy } from '../providers/provider-policy.ts'
import { type PreparedSeal, prepareSeal } from '../key-encryption/sealed-secret.ts'
import type { KeyVersion } from '../vault/vault-document.ts'
import { isKeyText } from '../key-encryption/key-text.ts'
import { planned } from './plan.ts'
import { brakedMs, failRotation } from './step-failures.ts'
import type { StepContext } from './step-context.ts'

const dayMs = 86_400_000

const isList = (value: unknown): boolean => Array.isArray(value)

const isNewKey = (made: unknown): boolean => {
  if (typeof made !== 'object' || made === null) return false
  const { secret, remoteId, expiresAt }: Partial<Record<keyof NewKey, unknown>> = made
  return (
    typeof secret === 'string' &&
    isKeyText(secret) &&
    (remoteId === undefined || typeof remoteId === 'string') &&
    (expiresAt === undefined || Number.isFinite(expiresAt))
  )
}

/**
 * Makes a key at the provider. The intent is stored before the provider is called, so that whoever finds it after a
 * crash looks for the key by its name. The provider is called once: a call without an answer is settled by looking.
 */
export async function makeKey(context: StepContext): Promise<void> {
  const { provider, policy, tenant, keyEncryptionKey } = context
  const { adapter } = policy
  const { create } = adapter
  if (!create) return
  const intent = await context.change((document, moment) => {
    const keys = keysOf(document, provider)
    // Another rotator had the same thought first.
    if (newestAt(keys, 'intent') ?? newestAt(keys, 'tested'))
      return Promise.resolve([document, undefined] as const)
    const version = keys.nextVersion
    const keyName = `alfred-${provider}-v${String(version)}-${randomBytes(6).toString('hex')}`
    return Promise.resolve([
      addVersion(document, provider, { keyName }, moment),
      { version, keyName },
    ] as const)
  })
  if (!intent) return
  const { version, keyName } = intent
  let prepared: PreparedSeal | undefined
  let known: Partial<KeyVersion> = {}
  try {
    // Before the provider: a key that cannot be stored is not to be made.
    prepared = await prepareSeal(keyEncryptionKey, { tenant, provider, version }).catch(unwrappable)
    const request = { name: keyName, expiresInMs: policy.keyLifetimeMs }
    const made = await context.call((signal) => create.call(adapter, request, signal))
    if (!isNewKey(made)) throw new ProviderError({ reason: 'malformed_key', refused: false })
    known = {
      ...(made.remoteId === undefined ? {} : { remoteId: made.remoteId }),
      ...(made.expiresAt === undefined ? {} : { expiresAt: made.expiresAt }),
    }
    if ((made.expiresAt ?? Infinity) - context.now() < minLifeMs(policy)) throw unusable()
    const also = { ...known, sealed: prepared.seal(made.secret) }
    await context.write((document, moment) =>
      moveVersion(document, provider, version, { from: ['intent'], to: 'pending', moment, also }),
    )
  } catch (error) {
    prepared?.discard()
    await noteFailure(context, version, known, error)
  }
}

/** A key that ends sooner would have to be replaced at once, again and again. */
const minLifeMs = ({ minIntervalMs, keyLifetimeMs }: ResolvedPolicy): number =>
  Math.min(2 * minIntervalMs, keyLifetimeMs / 2)

const tooShort = 'expires_too_soon'
const unusable = (): ProviderError => new ProviderError({ reason: tooShort, refused: false })

const unwrappable = (): never => {
  throw new ProviderError({ reason: 'key_encryption_failed', refused: true })
}

/** What a provider answers wrongly once it may answer so for long: each attempt makes a key. */
const isWrongAnswer = (error: unknown): boolean =>
  error instanceof ProviderError && [tooShort, 'malformed_key'].includes(error.details.reason)

/** Without a current key, for one that leaked and when somebody asks, another attempt is worth a key. */
function isUrgent({ core, provider }: StepContext): boolean {
  const keys = keysOf(core.state().document, provider)
  const current = newestAt(keys, 'current')
  return current?.breakAt !== undefined || keys.rotation?.isAsked === true || !current
}

/** How long an attempt waits that may cost one more key: a good key can wait for days, though not until it ends. */
function brakeMs(context: StepContext): number {
  const { core, provider, policy, now } = context
  const { minIntervalMs, rotateEveryMs } = policy
  if (isUrgent(context)) return minIntervalMs
  const { expiresAt = Infinity } = newestAt(keysOf(core.state().document, provider), 'current') ?? {}
  return Math.max(minIntervalMs, Math.min(3 * dayMs, rotateEveryMs / 10, (expiresAt - now()) / 4))
}

async function noteFailure(
  context: StepContext,
  version: number,
  known: Partial<KeyVersion>,
  error: unknown,
): Promise<void> {
  const { provider, policy } = context
  const isOver =
    (error instanceof ProviderError && error.details.refused) || policy.adapter.ephemeral === true
  const to = isOver ? 'failed' : known.remoteId === undefined ? undefined : 'orphaned'
  await failRotation(context, error, {
    brakeMs: isWrongAnswer(error) ? brakeMs(context) : 0,
    also: (document, moment) =>
      to === undefined
        ? document
        : moveVersion(document, provider, version, { from: ['intent'], to, moment, also: known }),
  })
}

/** Finds out what became of a key whose making was not seen to end, and lets go of it either way. */
export async function reconcileIntent(context: StepContext, intent: KeyVersion): Promise<void> {
  const { provider, policy } = context
  const { adapter } = policy
  const remoteId = await findRemoteId(context, intent)
  const isMade = remoteId !== undefined || (adapter.find === undefined && adapter.ephemeral !== true)
  const brake = isMade && !isUrgent(context) ? brakeMs(context) : 0
  await context.write((document, moment) => {
    const to = adapter.ephemeral === true ? 'failed' : 'orphaned'
    const also = remoteId === undefined ? {} : { remoteId }
    // Its plaintext is gone, or it was never made: another one is made under another name.
    const moved = moveVersion(document, provider, intent.version, { from: ['intent'], to, moment, also })
    const { failures = 0, retryAt = 0 } = keysOf(document, provider).rotation ?? {}
    // Nothing failed when a process ended while it made the key: the next attempt is answered.
    const wait = brakedMs(failures, brake)
    return wait === 0
      ? moved
      : changeRotation(moved, provider, { retryAt: Math.max(retryAt, moment.now + wait) })
  })
  context.logger.warn(
    { provider, version: intent.version, found: remoteId !== undefined },
    'the provider did not answer a key creation; it may have created one',
  )
}

/** The provider's id of a key that the vault made, by its name. */
export async function findRemoteId(context: StepContext, version: KeyVersion): Promise<string | undefined> {
  const { adapter } = context.policy
  const { keyName } = version
  if (!adapter.find || keyName === undefined) return undefined
  const find = adapter.find.bind(adapter)
  const found = await context.call((signal) => find([keyName], signal))
  if (!isList(found)) throw new ProviderError({ reason: 'malformed_list', refused: false })
  return found.find(({ name }) => name === keyName)?.remoteId
}

/** Makes the tested version current, in one write with the plan for the next rotation. */
export async function promoteTested(context: StepContext, tested: KeyVersion): Promise<void> {
  const { provider, policy, events, logger, core } = context
  // Opened before it becomes current: a key that cannot be used must not replace one that can.
  await core.open(provider, tested)
  await context.write((document, moment) => planned(document, provider, tested.version, policy, moment))
  logger.info({ provider, version: tested.version }, 'a provider key was rotated')
  events?.emit('vault.rotated', { provider, version: tested.version })
}
