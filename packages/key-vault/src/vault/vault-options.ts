import { type MemberRule, observed, option, type Options, readOptions } from '@alfred/core'
import type { AuditHead } from '../audit/audit-head.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { keyEncryptionKeyRule } from '../key-encryption/key-encryption-key-rule.ts'
import { keyText } from '../key-encryption/key-text.ts'
import { policyRule, type ProviderPolicy, resolvePolicy } from '../providers/provider-policy.ts'
import { boundKeyEncryptionKey } from '../key-encryption/bounded-key-encryption-key.ts'
import { boundVaultStore } from '../stores/bounded-vault-store.ts'
import { type VaultStore, vaultStoreMethods } from '../stores/vault-store.ts'

const nameRule = option.string({
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  hint: 'lower-case letters, digits, dots, underscores and hyphens, 64 at most',
})

const providersRule = option.record(option.custom<ProviderPolicy>(policyRule)).check((policies, report) => {
  for (const name of Object.keys(policies)) nameRule(name, report.at(name))
})

const auditHeadRule: MemberRule<AuditHead, AuditHead, 'required'> = option.object({
  length: option.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  mac: option.string({ pattern: /^([A-Za-z0-9+/]{43}=)?$/, hint: 'the `mac` of an exported head' }),
})

const vaultRule = option
  .object({
    /** Where the encrypted keys are. */
    store: option.withMethods<VaultStore>(...vaultStoreMethods),
    /** What encrypts the keys. */
    keyEncryptionKey: option.custom<KeyEncryptionKeyProvider>(keyEncryptionKeyRule),
    /**
     * Whose keys these are; a vault opens only under the name it was written with.
     * @default 'default'
     */
    tenant: nameRule.default('default'),
    /**
     * The providers whose keys are rotated, and how. Keys of others may be staged and promoted by hand.
     * @default none
     */
    providers: providersRule.default({}),
    /**
     * Whether this instance takes part in rotations. One of those that do rotates at a time.
     * @default true
     */
    rotate: option.boolean().default(true),
    /**
     * How often the store is looked at for what other instances changed, and for what is due, in milliseconds.
     * @default 10000
     */
    pollMs: option.integer({ min: 10, max: 60_000 }).default(10_000),
    /**
     * An instance that gives no sign of life for so long, in milliseconds, does not rotate or hold a key any more. At
     * least four times `callTimeoutMs`.
     * @default 60000
     */
    leaseMs: option.integer({ min: 40, max: 600_000 }).default(60_000),
    /**
     * Longest wait for a provider's answer, in milliseconds.
     * @default 10000
     */
    callTimeoutMs: option.integer({ min: 10, max: 60_000 }).default(10_000),
    /**
     * Who makes the changes, for the audit trail, where a call does not come from a rotation.
     * @default 'application'
     */
    actor: option.string().default('application'),
    /**
     * Where the audit trail ended at some time, kept where nobody gets who can write to the store. With it `ready()` notices that
     * vault and trail were put back together; that the vault alone was, it notices without.
     */
    auditHead: option.custom<AuditHead>(auditHeadRule).optional(),
    /** Told of every change as `vault.key-changed`, and of rotations. */
    events: observed.events,
    /** Told of every change at level info. @default silent */
    logger: observed.logger,
    /** @default the machine's time */
    clock: observed.clock,
  })
  .check(({ pollMs, leaseMs, callTimeoutMs, providers }, report) => {
    if (leaseMs < 4 * callTimeoutMs) {
      report.at('leaseMs').add('ALFRED_CONFIG_CONFLICT', 'must be at least four times callTimeoutMs.')
    }
    for (const [name, { graceMs = Infinity }] of Object.entries(providers)) {
      if (graceMs >= 2 * pollMs) continue
      const at = report.at('providers').at(name).at('graceMs')
      at.add(
        'ALFRED_CONFIG_CONFLICT',
        'must be at least twice pollMs, so that all instances know the new key in time.',
      )
    }
  })

/** Options of `createKeyVault`. */
export interface KeyVaultOptions extends Options<typeof vaultRule> {}

/** Checks the options, fills in the defaults, and bounds what is called. */
export function resolveKeyVaultOptions(options: KeyVaultOptions) {
  const read = readOptions('vault', options, vaultRule)
  const { store, keyEncryptionKey, clock, callTimeoutMs, providers } = read
  return Object.freeze({
    ...read,
    store: boundVaultStore(store, clock, callTimeoutMs),
    keyEncryptionKey: boundKeyEncryptionKey(keyEncryptionKey, clock, callTimeoutMs),
    providers: new Map(
      Object.entries(providers).map(([name, policy]) => [name, resolvePolicy(policy)] as const),
    ),
  })
}

/** The options with everything decided. */
export type ResolvedKeyVaultOptions = ReturnType<typeof resolveKeyVaultOptions>

const secretRule = option.string({
  pattern: keyText,
  hint: 'visible ASCII characters without white space, 16,384 at most',
})

/**
 * Checks what is to be staged.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`), which holds no part of the secret
 */
export function checkStaged(provider: string, secret: string): void {
  readOptions('vault.stage', { provider, secret }, option.object({ provider: nameRule, secret: secretRule }))
}
