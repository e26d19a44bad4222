import { option, readOptions } from '@alfred/core'
import { type AdminKey, adminKeyRule, readAdminKey } from './admin-key.ts'
import type { KnownKey, ProviderAdapter } from './provider-adapter.ts'
import {
  baseUrlRule,
  createProviderApi,
  listOf,
  member,
  probeWith,
  type ProviderRequest,
  reasonOf,
  textOf,
} from './provider-api.ts'
import { ProviderError } from './provider-error.ts'

/** Options of `anthropicAdapter`. */
export interface AnthropicAdapterOptions {
  /**
   * An admin key of the organisation (`sk-ant-admin…`), or a function that gives it. Without one keys are only tested.
   * @default none
   */
  readonly adminKey?: AdminKey | undefined
  /** @default 'https://api.anthropic.com' */
  readonly baseUrl?: string | undefined
}

const optionsRule = option.objectOf<AnthropicAdapterOptions>({ adminKey: adminKeyRule, baseUrl: baseUrlRule })

const version = { 'anthropic-version': '2023-06-01' }
const dayMs = 86_400_000
const usageDays = 31

/** Whether a hint such as `sk-ant-api03-R2D...igAA` is of this key. */
function fits(hint: unknown, secret: string): boolean {
  if (typeof hint !== 'string') return false
  const [start, end, ...rest] = hint.split('...')
  return (
    rest.length === 0 &&
    start !== undefined &&
    end !== undefined &&
    end !== '' &&
    secret.startsWith(start) &&
    secret.endsWith(end)
  )
}

/**
 * Anthropic, whose API makes no keys: an operator stages them, and a rotation takes the oldest. With an admin key the
 * old one is switched off, and archived later. Probed by `GET /v1/models`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 * @see https://docs.anthropic.com/en/api/admin-api/apikeys/list-api-keys
 *
 * @example
 * ```ts
 * import { anthropicAdapter } from '@alfred/key-vault/providers'
 *
 * export const adapter = (adminKey: string) => anthropicAdapter({ adminKey })
 * ```
 */
export function anthropicAdapter(options: AnthropicAdapterOptions = {}): ProviderAdapter {
  const { adminKey, baseUrl = 'https://api.anthropic.com' } = readOptions(
    'anthropicAdapter',
    options,
    optionsRule,
  )
  const api = createProviderApi(baseUrl)
  const probe: ProviderAdapter['probe'] = (secret, signal) =>
    probeWith(
      api.ask({
        path: '/v1/models',
        query: { limit: '1' },
        headers: { ...version, 'x-api-key': secret },
        signal,
      }),
      (answer) => reasonOf(answer) === 'authentication_error',
    )
  if (adminKey === undefined) return { probe }

  const keys = '/v1/organizations/api_keys'
  const asAdmin = async (request: Omit<ProviderRequest, 'headers'>): Promise<unknown> =>
    api.send({ ...request, headers: { ...version, 'x-api-key': await readAdminKey(adminKey) } })

  /** By its id, or else by its hint, if that fits one key only. */
  const idOf = async ({ remoteId, secret }: KnownKey, signal: AbortSignal): Promise<string> => {
    if (remoteId !== undefined) return remoteId
    const ids: string[] = []
    let after: string | undefined
    do {
      const page = await asAdmin({
        path: keys,
        query: { limit: '1000', ...(after === undefined ? {} : { after_id: after }) },
        signal,
      })
      for (const row of listOf(page, 'data')) {
        if (secret !== undefined && fits(member(row, 'partial_key_hint'), secret)) ids.push(textOf(row, 'id'))
      }
      after = member(page, 'has_more') === true ? textOf(page, 'last_id') : undefined
    } while (after !== undefined)
    const [id, ...others] = ids
    if (id !== undefined && others.length === 0) return id
    // Never guess which key to end.
    throw new ProviderError({ reason: id === undefined ? 'key_not_found' : 'key_ambiguous', refused: true })
  }

  const setStatus = async (
    key: KnownKey,
    status: 'inactive' | 'archived',
    signal: AbortSignal,
  ): Promise<void> => {
    const id = await idOf(key, signal)
    await asAdmin({ method: 'POST', path: `${keys}/${encodeURIComponent(id)}`, body: { status }, signal })
  }

  /** An archived key cannot be archived again. */
  const isArchived = async (key: KnownKey, signal: AbortSignal): Promise<boolean> => {
    const id = await idOf(key, signal)
    return (
      member(await asAdmin({ path: `${keys}/${encodeURIComponent(id)}`, signal }), 'status') === 'archived'
    )
  }

  return {
    probe,
    disable: (key, signal) => setStatus(key, 'inactive', signal),
    async revoke(key, signal) {
      try {
        await setStatus(key, 'archived', signal)
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error
        const { status } = error.details
        if (status !== 404 && !(status === 400 && (await isArchived(key, signal)))) throw error
      }
    },
    async usage(key, since, signal) {
      const from = Math.max(since, Date.now() - (usageDays - 1) * dayMs)
      const page = await asAdmin({
        path: '/v1/organizations/usage_report/messages',
        query: {
          starting_at: new Date(from).toISOString(),
          bucket_width: '1d',
          limit: String(usageDays),
          'api_key_ids[]': await idOf(key, signal),
        },
        signal,
      })
      const results = listOf(page, 'data').flatMap((bucket) => listOf(bucket, 'results'))
      const sum = (...names: readonly string[]): number =>
        results.reduce<number>(
          (total, result) => names.reduce((part, name) => part + (Number(member(result, name)) || 0), total),
          0,
        )
      return {
        since: from,
        inputTokens: sum('uncached_input_tokens', 'cache_read_input_tokens'),
        outputTokens: sum('output_tokens'),
      }
    },
  }
}
