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
import type { KeyEncryptionKeyProvider } from './key-encryption-key.ts'
import { type VaultStore, vaultStoreMethods } from './vault-store.ts'

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
  /** Told of every change as `vault.key-changed`. */
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
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const nameRule = option.string({
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  hint: 'lower-case letters, digits, dots, underscores and hyphens, 64 at most',
})

const providerMethods = option.withMethods<KeyEncryptionKeyProvider>('wrap', 'unwrap')
/** The rule for a `keyEncryptionKey` option. */
export const keyEncryptionKeyRule: OptionRule<KeyEncryptionKeyProvider> = (value, report) => {
  const provider = providerMethods(value, report)
  if (provider && option.string()(provider.id, report.at('id')) === undefined) return undefined
  return provider
}

const optionsRule = option.object<KeyVaultOptions>(
  {
    store: option.withMethods<VaultStore>(...vaultStoreMethods),
    keyEncryptionKey: keyEncryptionKeyRule,
    tenant: nameRule,
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { required: ['store', 'keyEncryptionKey'] },
)

/** Checks the options and fills in the defaults. */
export function resolveKeyVaultOptions(options: KeyVaultOptions): ResolvedKeyVaultOptions {
  const given = readOptions('vault', options, optionsRule)
  return Object.freeze({
    store: given.store,
    keyEncryptionKey: given.keyEncryptionKey,
    tenant: given.tenant ?? 'default',
    events: given.events,
    logger: given.logger ?? noopLogger,
    clock: given.clock ?? systemClock,
  })
}

const secretRule = option.string({
  // Visible ASCII is what an HTTP field takes; a line end from a file or a prompt is the usual accident.
  pattern: /^[\x21-\x7e]{1,16384}$/,
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
