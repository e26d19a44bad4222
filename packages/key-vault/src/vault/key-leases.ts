import type { Secret } from '../key-encryption/secret.ts'

/**
 * Holds on to one version of a key, for as long as a stream that was begun with it runs. The version is
 * not revoked meanwhile, unless by force.
 */
export interface KeyLease extends Disposable {
  readonly secret: Secret
  /** Lets go of the version; further calls do nothing. `using lease = vault.lease('openai')` does it by itself. */
  release(): void
}

/** Counts who holds which version, in this process. */
export interface KeyLeases {
  take(secret: Secret): KeyLease
  count(provider: string, version: number): number
  /** The versions that are held. */
  active(): readonly { readonly provider: string; readonly version: number }[]
}

export function createKeyLeases(): KeyLeases {
  const counts = new Map<string, number>()
  const secrets = new Map<string, Secret>()
  const keyOf = (provider: string, version: number): string => `${provider}:${String(version)}`
  const add = (key: string, change: 1 | -1): void => {
    const count = (counts.get(key) ?? 0) + change
    if (count > 0) counts.set(key, count)
    else {
      counts.delete(key)
      secrets.delete(key)
    }
  }
  return {
    take(secret) {
      const key = keyOf(secret.provider, secret.version)
      let isHeld = true
      add(key, 1)
      secrets.set(key, secret)
      const release = (): void => {
        if (isHeld) add(key, -1)
        isHeld = false
      }
      return Object.freeze({ secret, release, [Symbol.dispose]: release })
    },
    count: (provider, version) => counts.get(keyOf(provider, version)) ?? 0,
    active: () => [...secrets.values()],
  }
}
