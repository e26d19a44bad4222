import type { OptionRule } from '@alfred/core'
import { option } from '@alfred/core'
import type { KeyUsage } from './key-usage.ts'
import type { KeyValidity } from './key-validity.ts'

/** What a provider says of a key. */
export interface KeyProbe {
  readonly validity: KeyValidity
  /** A word for why it is not `valid`, such as `rate_limited`. */
  readonly errorCode?: string | undefined
}

/** What is to be made. */
export interface NewKeyRequest {
  /** The name to make it under; used once. */
  readonly name: string
  /** How long it should live, in milliseconds. Providers may allow less. */
  readonly expiresInMs: number
}

/** A key that a provider made. */
export interface NewKey {
  readonly secret: string
  /** The provider's id of it; absent when it has none. */
  readonly remoteId?: string | undefined
  /** When the provider ends it, ms since the epoch. */
  readonly expiresAt?: number | undefined
}

/** How a key is named at the provider. */
export interface RemoteKey {
  readonly remoteId: string
  /** The name it was made under. */
  readonly name: string
}

/** A key that is to be changed at the provider. */
export interface KnownKey {
  readonly remoteId: string | undefined
  readonly secret: string | undefined
}

/**
 * What a provider's API can do with its keys. A method that the API does not have is left out: without `create`
 * keys are staged by hand.
 *
 * Failures are best thrown as a `ProviderError`. Anything else counts as "perhaps it was done".
 */
export interface ProviderAdapter {
  /** Asks whether the provider takes the key. A provider that cannot be asked is an answer too: `unknown`. */
  readonly probe: (secret: string, signal: AbortSignal) => Promise<KeyProbe>
  /** Makes a key. Never calls the provider twice. */
  readonly create?: ((request: NewKeyRequest, signal: AbortSignal) => Promise<NewKey>) | undefined
  /** Finds keys by the names they were made under. Needed with `create`, unless keys are `ephemeral`. */
  readonly find?:
    ((names: readonly string[], signal: AbortSignal) => Promise<readonly RemoteKey[]>) | undefined
  /** Makes the provider end a key after so long, whatever was said before. */
  readonly expire?: ((key: KnownKey, afterMs: number, signal: AbortSignal) => Promise<void>) | undefined
  /** Makes a key unusable in a way that can be undone there. */
  readonly disable?: ((key: KnownKey, signal: AbortSignal) => Promise<void>) | undefined
  /** Ends a key for good. That it is gone already is a success. */
  readonly revoke?: ((key: KnownKey, signal: AbortSignal) => Promise<void>) | undefined
  /** How much a key was used. */
  readonly usage?: ((key: KnownKey, since: number, signal: AbortSignal) => Promise<KeyUsage>) | undefined
  /** Keys end by themselves soon after they are made, so that none is looked for or revoked. @default false */
  readonly ephemeral?: boolean | undefined
  /** The provider takes requests without a key. @default false */
  readonly keyless?: boolean | undefined
}

/** A method of any signature, which is all that can be checked here. */
type Method = (...args: never[]) => unknown

const methods = ['create', 'find', 'expire', 'disable', 'revoke', 'usage'] as const
const hasProbe = option.withMethods<ProviderAdapter>('probe')
const methodRule = option.function<Method>()

/** The rule for an adapter. */
export const adapterRule: OptionRule<ProviderAdapter> = (value, report) => {
  const adapter = hasProbe(value, report)
  if (!adapter) return undefined
  for (const name of methods) if (adapter[name] !== undefined) methodRule(adapter[name], report.at(name))
  if (adapter.create && adapter.ephemeral !== true) {
    for (const name of ['find', 'revoke'] as const) {
      if (!adapter[name]) report.at(name).add('ALFRED_CONFIG_MISSING', 'is required together with create().')
    }
  }
  return adapter
}
