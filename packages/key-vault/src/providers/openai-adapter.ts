import { option, readOptions } from '@alfred/core'
import { type AdminKey, adminKeyRule, readAdminKey } from './admin-key.ts'
import type { KnownKey, ProviderAdapter, RemoteKey } from './provider-adapter.ts'
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

/** Options of `openAiAdapter`. */
export interface OpenAiAdapterOptions {
  /**
   * An admin key of the organisation, or a function that gives it. Without one keys are staged by hand, and only tested.
   * @default none
   */
  readonly adminKey?: AdminKey | undefined
  /** The project whose service accounts are made; required with `adminKey`. */
  readonly projectId?: string | undefined
  /** @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string | undefined
}

const shape = option.objectOf<OpenAiAdapterOptions>({
  adminKey: adminKeyRule,
  projectId: option.string({ pattern: /^[\w-]{1,128}$/, hint: 'the id of a project, such as proj_abc' }),
  baseUrl: baseUrlRule,
})

const resolveOptions = (options: OpenAiAdapterOptions): OpenAiAdapterOptions =>
  readOptions('openAiAdapter', options, (value, report) => {
    const read = shape(value, report)
    if (read?.adminKey !== undefined && read.projectId === undefined) {
      report.at('projectId').add('ALFRED_CONFIG_MISSING', 'is required together with adminKey.')
    }
    return read
  })

const maxLifeSeconds = 31_536_000
const dayMs = 86_400_000
/** The most buckets of a day that one page of the usage has. */
const usageDays = 31
/** OpenAI's codes for "this key is not, or no longer, a key"; a missing scope comes with 401 as well. */
const keyCodes = new Set(['invalid_api_key', 'expired_api_key', 'token_expired', 'account_deactivated'])

/** How a key is named: by its service account, which has no other, and by its own id. */
interface KeyIds {
  readonly account: string | undefined
  readonly key: string | undefined
}

/**
 * The vault's id of a key that it made is its account's, a slash, and its own. An operator who staged one gives what the
 * provider shows beside it: the id of the key.
 */
function idsOf({ remoteId = '' }: KnownKey): KeyIds {
  const isAccount = remoteId.includes('/') || remoteId.startsWith('svc_acct_')
  const [account = '', key = ''] = isAccount ? remoteId.split('/') : ['', remoteId]
  return { account: account || undefined, key: key || undefined }
}

const seconds = (ms: number): number => Math.min(maxLifeSeconds, Math.max(1, Math.ceil(ms / 1000)))

/**
 * OpenAI. With an admin key each rotation makes a service account with one key, which ends by itself if it gets
 * lost, and deletes the account when the key is out of use. Probed by `GET /models`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 * @see https://platform.openai.com/docs/api-reference/project-service-accounts
 *
 * @example
 * ```ts
 * import { openAiAdapter } from '@alfred/key-vault/providers'
 *
 * export const adapter = (adminKey: string) => openAiAdapter({ adminKey, projectId: 'proj_abc' })
 * ```
 */
export function openAiAdapter(options: OpenAiAdapterOptions = {}): ProviderAdapter {
  const { adminKey, projectId = '', baseUrl = 'https://api.openai.com/v1' } = resolveOptions(options)
  const api = createProviderApi(baseUrl)
  const probe: ProviderAdapter['probe'] = (secret, signal) =>
    probeWith(
      api.ask({ path: '/models', headers: { authorization: `Bearer ${secret}` }, signal }),
      (answer) => keyCodes.has(reasonOf(answer)),
    )
  if (adminKey === undefined) return { probe }

  const project = `/organization/projects/${projectId}`
  const accounts = `${project}/service_accounts`
  const asAdmin = async (request: Omit<ProviderRequest, 'headers'>): Promise<unknown> =>
    api.send({ ...request, headers: { authorization: `Bearer ${await readAdminKey(adminKey)}` } })

  return {
    probe,
    async create({ name, expiresInMs }, signal) {
      const made = await asAdmin({
        method: 'POST',
        path: accounts,
        body: { name, expires_in_seconds: seconds(expiresInMs) },
        signal,
      })
      const expiresAt = member(made, 'api_key', 'expires_at')
      return {
        remoteId: `${textOf(made, 'id')}/${textOf(made, 'api_key', 'id')}`,
        secret: textOf(made, 'api_key', 'value'),
        // 0 is how some gateways write that it does not end.
        expiresAt: typeof expiresAt === 'number' && expiresAt > 0 ? expiresAt * 1000 : undefined,
      }
    },
    async find(names, signal) {
      const found: RemoteKey[] = []
      let after: string | undefined
      do {
        const page = await asAdmin({
          path: accounts,
          query: { limit: '100', ...(after === undefined ? {} : { after }) },
          signal,
        })
        const rows = listOf(page, 'data')
        for (const row of rows) {
          const name = member(row, 'name')
          if (typeof name === 'string' && names.includes(name))
            found.push({ remoteId: textOf(row, 'id'), name })
        }
        after = member(page, 'has_more') === true && rows.length > 0 ? textOf(rows.at(-1), 'id') : undefined
      } while (after !== undefined)
      return found
    },
    async expire(key, afterMs, signal) {
      const { key: keyId } = idsOf(key)
      if (keyId === undefined) return
      const body = { expires_in_seconds: seconds(afterMs) }
      await asAdmin({
        method: 'POST',
        path: `${project}/api_keys/${encodeURIComponent(keyId)}`,
        body,
        signal,
      })
    },
    async revoke(key, signal) {
      const { account, key: keyId } = idsOf(key)
      const path =
        account === undefined
          ? keyId && `${project}/api_keys/${encodeURIComponent(keyId)}`
          : `${accounts}/${encodeURIComponent(account)}`
      // Staged by hand and without an id: it is not ours to delete.
      if (path === undefined) throw new ProviderError({ reason: 'unknown_key_id', refused: true })
      try {
        await asAdmin({ method: 'DELETE', path, signal })
      } catch (error) {
        if (!(error instanceof ProviderError && error.details.status === 404)) throw error
      }
    },
    async usage(key, since, signal) {
      const { key: keyId } = idsOf(key)
      const from = Math.max(since, Date.now() - (usageDays - 1) * dayMs)
      if (keyId === undefined) return { since: from }
      const page = await asAdmin({
        path: '/organization/usage/completions',
        query: {
          start_time: String(Math.floor(from / 1000)),
          bucket_width: '1d',
          limit: String(usageDays),
          api_key_ids: keyId,
        },
        signal,
      })
      const results = listOf(page, 'data').flatMap((bucket) => listOf(bucket, 'results'))
      const sum = (name: string): number =>
        results.reduce<number>((total, result) => total + (Number(member(result, name)) || 0), 0)
      return {
        since: from,
        requests: sum('num_model_requests'),
        inputTokens: sum('input_tokens'),
        outputTokens: sum('output_tokens'),
      }
    },
  }
}
