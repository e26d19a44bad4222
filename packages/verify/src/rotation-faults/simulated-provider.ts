import { type ProviderAdapter, ProviderError } from '@alfred/key-vault/providers'

/** What a provider does wrong while a fault lasts; all of it is possible at once. */
export interface ProviderFaults {
  /** A create is refused (503), or done without an answer. */
  create?: 'refused' | 'unanswered' | undefined
  /** What is said of the end of a new key, in place of nothing. */
  expiresAt?: ((now: number) => number) | undefined
  /** A revocation is refused (503), answered as done without being done, or done without an answer. */
  revoke?: 'refused' | 'ignored' | 'unanswered' | undefined
  /** Nobody can tell whether a key is good. */
  probe?: 'refused' | undefined
  /** The list shows every key twice. */
  find?: 'twice' | undefined
}

/** A provider in memory, and what it has. */
export interface SimulatedProvider {
  readonly adapter: ProviderAdapter
  readonly faults: ProviderFaults
  /** How many keys were made. */
  readonly made: () => number
  /** Whether a secret is good there. */
  takes(secret: string): boolean
}

const refusal = (): ProviderError =>
  new ProviderError({ reason: 'server_error', status: 503, refused: false })
const silence = (): ProviderError => new ProviderError({ reason: 'timeout', refused: false })

export function createSimulatedProvider(now: () => number): SimulatedProvider {
  const keys = new Map<string, { readonly name: string; readonly secret: string }>()
  const faults: ProviderFaults = {}
  let made = 0
  const takes = (secret: string): boolean => [...keys.values()].some((key) => key.secret === secret)

  const adapter: ProviderAdapter = {
    probe: (secret) =>
      faults.probe
        ? Promise.reject(refusal())
        : Promise.resolve(
            takes(secret) ? { validity: 'valid' } : { validity: 'invalid', errorCode: 'invalid_api_key' },
          ),
    create({ name }) {
      if (faults.create === 'refused') return Promise.reject(refusal())
      made += 1
      const remoteId = `key_${String(made)}`
      keys.set(remoteId, { name, secret: `sk-${String(made)}` })
      if (faults.create === 'unanswered') return Promise.reject(silence())
      return Promise.resolve({ remoteId, secret: `sk-${String(made)}`, expiresAt: faults.expiresAt?.(now()) })
    },
    find(names) {
      const found = [...keys]
        .filter(([, { name }]) => names.includes(name))
        .map(([remoteId, { name }]) => ({ remoteId, name }))
      return Promise.resolve(faults.find ? [...found, ...found] : found)
    },
    revoke({ remoteId = '' }) {
      if (faults.revoke === 'refused') return Promise.reject(refusal())
      if (faults.revoke !== 'ignored') keys.delete(remoteId)
      return faults.revoke === 'unanswered' ? Promise.reject(silence()) : Promise.resolve()
    },
  }
  return { adapter, faults, made: () => made, takes }
}
