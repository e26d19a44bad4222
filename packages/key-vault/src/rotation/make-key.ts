import { randomBytes } from 'node:crypto'
import { addVersion, keysOf, moveVersion, newestAt } from '../vault/key-stages.ts'
import type { NewKey } from '../providers/provider-adapter.ts'
import { ProviderError } from '../providers/provider-error.ts'
import { sealSecret } from '../key-encryption/sealed-secret.ts'
import type { KeyVersion } from '../vault/vault-document.ts'
import { isKeyText } from '../key-encryption/key-text.ts'
import { planned } from './plan.ts'
import { failRotation } from './step-failures.ts'
import type { StepContext } from './step-context.ts'

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
  try {
    const request = { name: keyName, expiresInMs: policy.keyLifetimeMs }
    const made = await context.call((signal) => create.call(adapter, request, signal))
    if (!isNewKey(made)) throw new ProviderError({ reason: 'malformed_key', refused: false })
    await context.change(async (document, moment) => {
      const sealed = await sealSecret(keyEncryptionKey, { tenant, provider, version }, made.secret)
      const also: Partial<KeyVersion> = {
        sealed,
        ...(made.remoteId === undefined ? {} : { remoteId: made.remoteId }),
        ...(made.expiresAt === undefined ? {} : { expiresAt: made.expiresAt }),
      }
      return [
        moveVersion(document, provider, version, { from: ['intent'], to: 'pending', moment, also }),
        undefined,
      ]
    })
  } catch (error) {
    const refused = error instanceof ProviderError && error.refused
    await failRotation(context, error, (document, moment) =>
      refused || adapter.ephemeral === true
        ? moveVersion(document, provider, version, { from: ['intent'], to: 'failed', moment })
        : document,
    )
  }
}

/** Finds out what became of a key whose making was not seen to end, and lets go of it either way. */
export async function reconcileIntent(context: StepContext, intent: KeyVersion): Promise<void> {
  const { provider, policy } = context
  const { adapter } = policy
  const remoteId = await findRemoteId(context, intent)
  await context.write((document, moment) => {
    const to = adapter.ephemeral === true ? 'failed' : 'orphaned'
    const also = remoteId === undefined ? {} : { remoteId }
    // Its plaintext is gone, or it was never made: another one is made under another name.
    return moveVersion(document, provider, intent.version, { from: ['intent'], to, moment, also })
  })
  context.logger.warn(
    { provider, version: intent.version, found: remoteId !== undefined },
    'a provider may have created a key without answering',
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
