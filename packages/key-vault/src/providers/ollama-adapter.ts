import { option, readOptions } from '@alfred/core'
import type { ProviderAdapter } from './provider-adapter.ts'
import { baseUrlRule, createProviderApi, probeWith } from './provider-api.ts'

/** Options of `ollamaAdapter`. */
export interface OllamaAdapterOptions {
  /**
   * Where Ollama is. One on this machine takes no key; the hosted one takes keys that are made and revoked on its web site.
   * @default 'http://127.0.0.1:11434'
   */
  readonly baseUrl?: string | undefined
}

const optionsRule = option.objectOf<OllamaAdapterOptions>({ baseUrl: baseUrlRule })

/**
 * Ollama. Local: no key, and the probe tells whether it answers. Hosted: keys are staged by hand, and the operator is
 * told when an old one is to be revoked. Probed by `GET /api/tags`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 * @see https://docs.ollama.com/api/authentication
 *
 * @example
 * ```ts
 * import { ollamaAdapter } from '@alfred/key-vault/providers'
 *
 * export const adapter = ollamaAdapter({ baseUrl: 'https://ollama.com' })
 * ```
 */
export function ollamaAdapter(options: OllamaAdapterOptions = {}): ProviderAdapter {
  const { baseUrl = 'http://127.0.0.1:11434' } = readOptions('ollamaAdapter', options, optionsRule)
  const api = createProviderApi(baseUrl)
  const keyless = baseUrl.startsWith('http:')
  return {
    keyless,
    async probe(secret, signal) {
      const headers: Record<string, string> = secret === '' ? {} : { authorization: `Bearer ${secret}` }
      const probe = await probeWith(api.ask({ path: '/api/tags', headers, signal }), () => true)
      return secret === '' && probe.validity === 'valid' ? { validity: 'not_applicable' } : probe
    },
  }
}
