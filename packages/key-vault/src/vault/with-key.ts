import type { KeyLease } from './key-leases.ts'

/** What a call that was given a key can tell of itself. */
export interface KeyAttempt {
  /** Says that something has reached the caller's client: from now on the call is not repeated. */
  streaming(): void
}

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined

/** Words of providers for "this key is not known"; others come with 401 too, such as missing scopes. */
const keyWords = new Set([
  'invalid_api_key',
  'expired_api_key',
  'authentication_error',
  'account_deactivated',
  'token_expired',
])
/** OpenAI's words for "this key may not do that", which a new key does not change. */
const scopeWords = /insufficient permissions|missing scopes/i

/**
 * Whether an error, as the SDKs of OpenAI, Anthropic and Ollama throw them, says that the key was refused. An HTTP status of
 * 401 alone does not: it is decided by the error's code or type, and a provider without either counts as saying so.
 *
 * @example
 * ```ts
 * import { isKeyRejection } from '@alfred/key-vault'
 *
 * export const text = (error: unknown) => (isKeyRejection(error) ? 'the key was refused' : 'something else')
 * ```
 */
export function isKeyRejection(error: unknown): boolean {
  if ((own(error, 'status') ?? own(error, 'status_code')) !== 401) return false
  const body = own(error, 'error')
  const inner = own(body, 'error') ?? body
  const words = [own(error, 'code'), own(inner, 'code'), own(inner, 'type'), own(error, 'type')].filter(
    (found) => typeof found === 'string',
  )
  const message = own(inner, 'message') ?? own(error, 'message')
  if (typeof message === 'string' && scopeWords.test(message)) return false
  return words.length === 0 || words.some((found) => keyWords.has(found))
}

/** What `withKey` needs of the vault. */
export interface KeyHolder {
  lease(provider: string): KeyLease
  /** Looks in the store for another version; a failure of it is not the caller's. */
  readonly refresh: () => Promise<void>
}

/**
 * Runs `use` with the current key, which is held meanwhile. When the provider refuses the key, and the store has
 * another version, and nothing was streamed, `use` runs once more with that.
 */
export async function useKey<T>(
  vault: KeyHolder,
  provider: string,
  use: (apiKey: string, attempt: KeyAttempt) => Promise<T>,
): Promise<T> {
  const state = { streamed: false }
  const attempt: KeyAttempt = {
    streaming() {
      state.streamed = true
    },
  }
  const lease = vault.lease(provider)
  try {
    return await use(lease.secret.reveal(), attempt)
  } catch (error) {
    if (state.streamed || !isKeyRejection(error)) throw error
    await vault.refresh().catch(() => undefined)
    const next = vault.lease(provider)
    try {
      if (next.secret.version === lease.secret.version) throw error
      return await use(next.secret.reveal(), attempt)
    } finally {
      next.release()
    }
  } finally {
    lease.release()
  }
}
