import { type AdminAnswer, type AdministeredKey, type FakeKeyAdmin, startKeyAdmin } from './key-admin.ts'

const project = '/organization/projects/proj_fake'

const error = (status: number, code: string, message: string): unknown => ({
  error: { message, type: status === 429 ? 'requests' : 'invalid_request_error', param: null, code },
})

const refuse = (status: number, code: string, message: string): AdminAnswer => ({
  status,
  body: error(status, code, message),
})

const unixSeconds = (ms: number | undefined): number | null =>
  ms === undefined ? null : Math.floor(ms / 1000)

const accountRow = (key: AdministeredKey): unknown => ({
  object: 'organization.project.service_account',
  id: key.id,
  name: key.name,
  role: 'member',
  created_at: unixSeconds(key.createdAt),
})

const keyId = (accountId: string): string => accountId.replace('svc_acct_', 'key_')

/** Seconds of a request's body. */
const readSeconds = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 1 && value <= 31_536_000 ? value : undefined

/**
 * Starts a server with OpenAI's admin API for one project, `proj_fake`: service accounts with a key each, the expiry of
 * a key, the usage of completions, and `GET /models` as the probe. Lists are pages of `limit`, with `after`.
 *
 * @see https://platform.openai.com/docs/api-reference/project-service-accounts
 */
export function startFakeOpenAiAdmin(): Promise<FakeKeyAdmin> {
  return startKeyAdmin({
    basePath: '/v1',
    secretPrefix: 'sk-svcacct-',
    idPrefix: 'svc_acct_',
    error,
    answer({ method, path, query, headers, body }, state) {
      const bearer = headers.authorization?.replace(/^Bearer /, '') ?? ''
      if (path === '/models') {
        return state.takes(bearer)
          ? {
              status: 200,
              body: {
                object: 'list',
                data: [{ id: 'gpt-5', object: 'model', created: 0, owned_by: 'openai' }],
              },
            }
          : refuse(401, 'invalid_api_key', `Incorrect API key provided: ${bearer}.`)
      }
      if (bearer !== state.adminKey)
        return refuse(401, 'invalid_api_key', `Incorrect API key provided: ${bearer}.`)

      if (path === `${project}/service_accounts` && method === 'POST') {
        if (typeof body['name'] !== 'string')
          return refuse(400, 'missing_required_parameter', 'name is required')
        const seconds = readSeconds(body['expires_in_seconds'])
        const key = state.make(body['name'], seconds === undefined ? undefined : seconds * 1000)
        const apiKey = {
          object: 'organization.project.service_account.api_key',
          id: keyId(key.id),
          name: 'Secret Key',
          value: key.secret,
          created_at: unixSeconds(key.createdAt),
          expires_at: unixSeconds(key.expiresAt),
        }
        return { status: 200, body: { ...(accountRow(key) as object), api_key: apiKey } }
      }
      if (path === `${project}/service_accounts` && method === 'GET') {
        const all = state.listed()
        const after = query.get('after')
        const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
        const page = all.slice(from, from + Number(query.get('limit') ?? 20))
        const data = page.map(accountRow)
        return {
          status: 200,
          body: {
            object: 'list',
            data,
            first_id: page[0]?.id ?? null,
            last_id: page.at(-1)?.id ?? null,
            has_more: from + page.length < all.length,
          },
        }
      }
      const [, accountId] = /\/service_accounts\/([\w-]+)$/.exec(path) ?? []
      if (accountId !== undefined && method === 'DELETE') {
        if (!state.keys.delete(accountId)) return refuse(404, 'not_found', 'No such service account.')
        return {
          status: 200,
          body: { object: 'organization.project.service_account.deleted', id: accountId, deleted: true },
        }
      }
      const [, apiKeyId] = /\/api_keys\/([\w-]+)$/.exec(path) ?? []
      if (apiKeyId !== undefined && method === 'POST') {
        const key = [...state.keys.values()].find(({ id }) => keyId(id) === apiKeyId)
        const seconds = readSeconds(body['expires_in_seconds'])
        if (!key) return refuse(404, 'not_found', 'No such API key.')
        if (seconds === undefined) return refuse(400, 'invalid_value', 'expires_in_seconds is out of range.')
        if ((key.expiresAt ?? Infinity) <= Date.now())
          return refuse(400, 'expired_api_key', 'The key has expired.')
        key.expiresAt = Date.now() + seconds * 1000
        return { status: 200, body: { object: 'organization.project.api_key', id: apiKeyId } }
      }
      if (path === '/organization/usage/completions' && method === 'GET') {
        const result = {
          object: 'organization.usage.completions.result',
          input_tokens: 1000,
          output_tokens: 500,
          num_model_requests: 5,
          api_key_id: query.get('api_key_ids'),
        }
        const bucket = { object: 'bucket', start_time: Number(query.get('start_time')), results: [result] }
        return {
          status: 200,
          body: { object: 'page', data: [bucket, bucket], has_more: false, next_page: null },
        }
      }
      return refuse(404, 'unknown_url', `Unknown request URL: ${method} ${path}.`)
    },
  })
}
