import { option, readOptions } from '@alfred/core'
import type { ProviderAdapter } from './provider-adapter.ts'
import { asProviderError } from './provider-error.ts'

/** A token that ends by itself. */
export interface ExpiringToken {
  readonly token: string
  /** When it ends, ms since the epoch. */
  readonly expiresAt: number
}

/** Options of `tokenAdapter`. */
export interface TokenAdapterOptions {
  /**
   * Gets a token, such as by exchanging the identity token of the workload. A rejection is tried again later; its text
   * is not used.
   */
  readonly exchange: (signal: AbortSignal) => Promise<ExpiringToken>
  /**
   * Asks whether the provider takes a token.
   * @default takes every token for valid
   */
  readonly probe?: ProviderAdapter['probe'] | undefined
}

const optionsRule = option.objectOf<TokenAdapterOptions>(
  {
    exchange: option.function<TokenAdapterOptions['exchange']>(),
    probe: option.function<ProviderAdapter['probe']>(),
  },
  { required: ['exchange'] },
)

/**
 * Tokens that end by themselves, as workload identity federation gives them: there is no static key at all. A token is
 * replaced when four fifths of its life are over; none is looked for or revoked.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { tokenAdapter } from '@alfred/key-vault/providers'
 *
 * export const adapter = tokenAdapter({
 *   async exchange(signal) {
 *     const assertion = await readFile('/var/run/secrets/tokens/identity', 'utf8')
 *     const response = await fetch('https://sts.example.com/token', { method: 'POST', body: assertion, signal })
 *     const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number }
 *     return { token: access_token, expiresAt: Date.now() + expires_in * 1000 }
 *   },
 * })
 * ```
 */
export function tokenAdapter(options: TokenAdapterOptions): ProviderAdapter {
  const { exchange, probe } = readOptions('tokenAdapter', options, optionsRule)
  return {
    ephemeral: true,
    probe: probe ?? (() => Promise.resolve({ validity: 'valid' })),
    async create(_request, signal) {
      try {
        const { token, expiresAt } = await exchange(signal)
        return { secret: token, expiresAt }
      } catch (error) {
        throw asProviderError(error)
      }
    },
  }
}
