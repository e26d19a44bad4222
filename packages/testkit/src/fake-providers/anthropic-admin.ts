import { type AdminAnswer, type AdministeredKey, type FakeKeyAdmin, startKeyAdmin } from './key-admin.ts'

const error = (_status: number, type: string, message: string): unknown => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_fake',
})

const refuse = (status: number, type: string, message: string): AdminAnswer => ({
  status,
  body: error(status, type, message),
})

const keyRow = (key: AdministeredKey): unknown => ({
  type: 'api_key',
  id: key.id,
  name: key.name,
  status: key.status,
  partial_key_hint: `${key.secret.slice(0, 16)}...${key.secret.slice(-4)}`,
  workspace_id: null,
  created_at: new Date(key.createdAt).toISOString(),
  created_by: { id: 'user_fake', type: 'user' },
  expires_at: null,
})

const keysPath = '/v1/organizations/api_keys'

/**
 * Starts a server with Anthropic's admin API for keys, which lists and changes them and makes none, its usage report,
 * and `GET /v1/models` as the probe. Like the real one it insists on `anthropic-version`.
 *
 * @see https://docs.anthropic.com/en/api/admin-api/apikeys/list-api-keys
 */
export function startFakeAnthropicAdmin(): Promise<FakeKeyAdmin> {
  return startKeyAdmin({
    basePath: '',
    secretPrefix: 'sk-ant-api03-',
    idPrefix: 'apikey_',
    error,
    answer({ method, path, query, headers, body }, state) {
      const key = headers['x-api-key']?.toString() ?? ''
      if (headers['anthropic-version'] === undefined) {
        return refuse(400, 'invalid_request_error', 'anthropic-version: header is required')
      }
      if (path === '/v1/models') {
        return state.takes(key)
          ? { status: 200, body: { data: [], has_more: false, first_id: null, last_id: null } }
          : refuse(401, 'authentication_error', 'invalid x-api-key')
      }
      if (key !== state.adminKey) return refuse(401, 'authentication_error', 'invalid x-api-key')
      if (path === keysPath && method === 'GET') {
        const all = state.listed()
        const after = query.get('after_id')
        const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
        const page = all.slice(from, from + Number(query.get('limit') ?? 20))
        return {
          status: 200,
          body: {
            data: page.map(keyRow),
            first_id: page[0]?.id ?? null,
            last_id: page.at(-1)?.id ?? null,
            has_more: from + page.length < all.length,
          },
        }
      }
      const found = path.startsWith(`${keysPath}/`)
        ? state.keys.get(path.slice(keysPath.length + 1))
        : undefined
      if (found && method === 'GET') return { status: 200, body: keyRow(found) }
      if (found && method === 'POST') {
        const { status } = body
        if (status !== 'active' && status !== 'inactive' && status !== 'archived') {
          return refuse(400, 'invalid_request_error', 'status: Input should be active, inactive or archived')
        }
        if (found.status === 'archived')
          return refuse(400, 'invalid_request_error', 'archived keys cannot be changed')
        found.status = status
        return { status: 200, body: keyRow(found) }
      }
      if (path === '/v1/organizations/usage_report/messages') {
        const result = {
          api_key_id: query.get('api_key_ids[]'),
          uncached_input_tokens: 900,
          cache_read_input_tokens: 100,
          cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
          output_tokens: 500,
        }
        const bucket = {
          starting_at: query.get('starting_at'),
          ending_at: query.get('starting_at'),
          results: [result],
        }
        return { status: 200, body: { data: [bucket, bucket], has_more: false, next_page: null } }
      }
      return refuse(404, 'not_found_error', 'Not found')
    },
  })
}
