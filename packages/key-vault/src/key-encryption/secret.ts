import { inspect } from 'node:util'

/** A provider's API key that prints itself only when asked to. */
export interface Secret {
  readonly provider: string
  /** The version of the key; it changes with every rotation. */
  readonly version: number
  /** The key itself. Hand it to the provider's client and keep it nowhere. */
  reveal(): string
  toString(): string
  toJSON(): string
}

const redacted = '[secret]'

/**
 * Wraps a key so that strings, JSON and `util.inspect` show `[secret]`. The value is in a closure, where
 * no enumeration of properties finds it. It stays in memory until it is collected: strings cannot be wiped.
 */
export function createSecret(provider: string, version: number, value: string): Secret {
  const redact = (): string => redacted
  return Object.freeze({
    provider,
    version,
    reveal: () => value,
    toString: redact,
    toJSON: redact,
    [inspect.custom]: redact,
  })
}
