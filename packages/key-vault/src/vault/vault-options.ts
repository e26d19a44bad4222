import {
  type Clock,
  clockRule,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { AuditHead } from '../audit/audit-head.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { keyEncryptionKeyRule } from '../key-encryption/key-encryption-key-rule.ts'
import { keyText } from '../key-encryption/key-text.ts'
import {
  policyRule,
  type ProviderPolicy,
  type ResolvedPolicy,
  resolvePolicy,
} from '../providers/provider-policy.ts'
import { boundKeyEncryptionKey } from '../key-encryption/bounded-key-encryption-key.ts'
import { boundVaultStore } from '../stores/bounded-vault-store.ts'
import { type VaultStore, vaultStoreMethods } from '../stores/vault-store.ts'

/** Options of `createKeyVault`. */
export interface KeyVaultOptions {
  /** Where the encrypted keys are. */
  readonly store: VaultStore
  /** What encrypts the keys. */
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /**
   * Whose keys these are; a vault opens only under the name it was written with.
   * @default 'default'
   */
  readonly tenant?: string | undefined
  /**
   * The providers whose keys are rotated, and how. Keys of others may be staged and promoted by hand.
   * @default none
   */
  readonly providers?: Readonly<Record<string, ProviderPolicy>> | undefined
  /**
   * Whether this instance takes part in rotations. One of those that do rotates at a time.
   * @default true
   */
  readonly rotate?: boolean | undefined
  /**
   * How often the store is looked at for what other instances changed, and for what is due, in milliseconds.
   * @default 10000
   */
  readonly pollMs?: number | undefined
  /**
   * An instance that gives no sign of life for so long, in milliseconds, does not rotate or hold a key any more. At
   * least four times `callTimeoutMs`.
   * @default 60000
   */
  readonly leaseMs?: number | undefined
  /**
   * Longest wait for a provider's answer, in milliseconds.
   * @default 10000
   */
  readonly callTimeoutMs?: number | undefined
  /**
   * Who makes the changes, for the audit trail, where a call does not come from a rotation.
   * @default 'application'
   */
  readonly actor?: string | undefined
  /**
   * Where the audit trail ended at some time, kept where nobody gets who can write to the store. With it `ready()` notices that
   * vault and trail were put back together; that the vault alone was, it notices without.
   */
  readonly auditHead?: AuditHead | undefined
  /** Told of every change as `vault.key-changed`, and of rotations. */
  readonly events?: EventBus | undefined
  /** Told of every change at level info. @default silent */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** The options with everything decided. */
export interface ResolvedKeyVaultOptions {
  readonly store: VaultStore
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  readonly tenant: string
  readonly providers: ReadonlyMap<string, ResolvedPolicy>
  readonly rotate: boolean
  readonly pollMs: number
  readonly leaseMs: number
  readonly callTimeoutMs: number
  readonly actor: string
  readonly auditHead: AuditHead | undefined
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const defaults = { pollMs: 10_000, leaseMs: 60_000, callTimeoutMs: 10_000 } as const

const nameRule = option.string({
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  hint: 'lower-case letters, digits, dots, underscores and hyphens, 64 at most',
})

const policiesRule = option.record(policyRule)
const providersRule: OptionRule<Readonly<Record<string, ProviderPolicy>>> = (value, report) => {
  const policies = policiesRule(value, report)
  for (const name of Object.keys(policies ?? {})) nameRule(name, report.at(name))
  return policies
}

const auditHeadRule = option.objectOf<AuditHead>(
  {
    length: option.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    mac: option.string({ pattern: /^([A-Za-z0-9+/]{43}=)?$/, hint: 'the `mac` of an exported head' }),
  },
  { required: ['length', 'mac'] },
)

const shape = option.objectOf<KeyVaultOptions>(
  {
    store: option.withMethods<VaultStore>(...vaultStoreMethods),
    keyEncryptionKey: keyEncryptionKeyRule,
    tenant: nameRule,
    providers: providersRule,
    rotate: option.boolean(),
    pollMs: option.integer({ min: 10, max: 60_000 }),
    leaseMs: option.integer({ min: 40, max: 600_000 }),
    callTimeoutMs: option.integer({ min: 10, max: 60_000 }),
    actor: option.string(),
    auditHead: auditHeadRule,
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { required: ['store', 'keyEncryptionKey'] },
)

const optionsRule: OptionRule<KeyVaultOptions> = (value, report) => {
  const checked = shape(value, report)
  if (!checked) return undefined
  const {
    pollMs = defaults.pollMs,
    leaseMs = defaults.leaseMs,
    callTimeoutMs = defaults.callTimeoutMs,
  } = checked
  if (leaseMs < 4 * callTimeoutMs) {
    report.at('leaseMs').add('ALFRED_CONFIG_CONFLICT', 'must be at least four times callTimeoutMs.')
  }
  for (const [name, { graceMs = Infinity }] of Object.entries(checked.providers ?? {})) {
    if (graceMs >= 2 * pollMs) continue
    const at = report.at('providers').at(name).at('graceMs')
    at.add(
      'ALFRED_CONFIG_CONFLICT',
      'must be at least twice pollMs, so that all instances know the new key in time.',
    )
  }
  return checked
}

/** Checks the options and fills in the defaults. */
export function resolveKeyVaultOptions(options: KeyVaultOptions): ResolvedKeyVaultOptions {
  const checked = readOptions('vault', options, optionsRule)
  const { clock = systemClock, callTimeoutMs = defaults.callTimeoutMs } = checked
  return Object.freeze({
    store: boundVaultStore(checked.store, clock, callTimeoutMs),
    keyEncryptionKey: boundKeyEncryptionKey(checked.keyEncryptionKey, clock, callTimeoutMs),
    tenant: checked.tenant ?? 'default',
    providers: new Map(
      Object.entries(checked.providers ?? {}).map(([name, policy]) => [name, resolvePolicy(policy)] as const),
    ),
    rotate: checked.rotate ?? true,
    pollMs: checked.pollMs ?? defaults.pollMs,
    leaseMs: checked.leaseMs ?? defaults.leaseMs,
    callTimeoutMs,
    actor: checked.actor ?? 'application',
    auditHead: checked.auditHead,
    events: checked.events,
    logger: checked.logger ?? noopLogger,
    clock,
  })
}

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
