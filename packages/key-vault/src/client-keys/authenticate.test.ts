import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, type Middleware, requestContext } from '@alfred/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ClientKeysFixture, createClientKeysFixture } from '../../test/client-keys-fixture.ts'
import type { ClientKeysOptions } from './client-keys-options.ts'
import { createClientKeyFormat } from './records/client-key-text.ts'

const asUser: Middleware = (request, _response, next) => {
  if (request.headers['x-user'] === 'ada') requestContext(request).identity = { kind: 'user', id: 'ada' }
  next()
}

/** Echoes who asks; `/api/chat` needs a scope. */
async function start(options: Partial<ClientKeysOptions> = {}) {
  const fixture: ClientKeysFixture = createClientKeysFixture(options)
  const { clientKeys } = fixture
  const scoped = clientKeys.requireScope('chat:write')
  const mixed = clientKeys.requireScope(['chat:write', 'chat:read'], { allowUsers: true })
  const layers = compose([asUser, clientKeys.middleware])
  const server = createServer((request, response) => {
    layers(request, response, () => {
      const route = request.url === '/api/chat' ? scoped : request.url === '/api/mixed' ? mixed : undefined
      const answer = (): void => {
        response.end(JSON.stringify(requestContext(request).identity ?? null))
      }
      if (route) route(request, response, answer)
      else answer()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await clientKeys.close()
  })
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url + path, { headers })
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: await answer.json(),
    }
  }
  return { ...fixture, ask }
}

const bearer = (text: string) => ({ Authorization: `Bearer ${text}` })

it.each<[string, (text: string) => Record<string, string>]>([
  ['Authorization', bearer],
  ['a lower-case scheme', (text) => ({ Authorization: `bearer   ${text}` })],
  ['X-API-Key', (text) => ({ 'X-API-Key': text })],
  ['both, the same', (text) => ({ ...bearer(text), 'X-API-Key': text })],
  ['X-API-Key beside a session token', (text) => ({ ...bearer('eyJhbGciOi'), 'X-API-Key': text })],
])('takes a key by %s', async (_what, headers) => {
  const { clientKeys, ask } = await start()
  const { key, secret } = await clientKeys.create({ name: 'a', tenant: 'acme', scopes: ['chat:write'] })
  const answer = await ask('/api/x', headers(secret.reveal()))
  expect(answer).toMatchObject({
    status: 200,
    body: { kind: 'api-key', id: key.id, scopes: ['chat:write'], tenant: 'acme' },
  })
  expect(answer.headers['vary']).toBe('Authorization, X-API-Key')
})

it.each<[string, Record<string, string>, number, string, string]>([
  ['none', {}, 401, 'client-key-missing', 'Bearer realm="api"'],
  ['another scheme', { Authorization: 'Basic YTpi' }, 401, 'client-key-missing', 'Bearer realm="api"'],
  ['a session token', bearer('eyJhbGciOi'), 401, 'client-key-missing', 'Bearer realm="api"'],
  [
    'rubbish',
    { 'X-API-Key': 'rubbish' },
    401,
    'client-key-invalid',
    'Bearer realm="api", error="invalid_token", error_description="The key is incomplete, mistyped, or made for another deployment."',
  ],
  [
    'one that was never made',
    bearer(createClientKeyFormat('alf', 'live').write('AbCdEf012345')),
    401,
    'client-key-invalid',
    'Bearer realm="api", error="invalid_token", error_description="The key is not valid."',
  ],
  [
    'two different ones',
    { ...bearer('alf_live_a'), 'X-API-Key': 'alf_live_b' },
    400,
    'client-key-ambiguous',
    'Bearer realm="api", error="invalid_request"',
  ],
])('answers %s as RFC 6750 says', async (_what, headers, status, type, challenge) => {
  const { ask } = await start()
  const answer = await ask('/api/x', headers)
  expect(answer).toMatchObject({ status, body: { type: `urn:alfred:problem:${type}`, status } })
  expect(answer.headers['www-authenticate']).toBe(challenge)
  expect(answer.headers['cache-control']).toBe('no-store')
})

it.each([
  ['/', 200],
  ['/apis', 200],
  ['/api', 401],
  ['/API/x', 401],
  ['/api/x?y=/public', 401],
  ['/api/public', 200],
  ['/api/public/x', 401],
  ['/api/docs/x', 200],
  ['/api/docs/%2e%2e/x', 401],
  ['/API/docs/x', 401],
  ['/%61pi/x', 401],
])('needs a key on %s: %d', async (path, status) => {
  const { ask } = await start({ optional: ['/api/public', '/api/docs/*'] })
  expect((await ask(path)).status).toBe(status)
})

it('refuses a wrong key where none is needed, and ignores keys elsewhere', async () => {
  const { ask } = await start({ optional: '/api/public' })
  expect((await ask('/api/public', { 'X-API-Key': 'wrong' })).status).toBe(401)
  expect((await ask('/', { 'X-API-Key': 'wrong' })).status).toBe(200)
})

it('asks nobody for a key without required paths, and reads those that are given', async () => {
  const { clientKeys, ask } = await start({ required: [], optional: '/api/*' })
  const { secret } = await clientKeys.create({ name: 'a' })
  expect((await ask('/api/x')).status).toBe(200)
  expect((await ask('/api/x', bearer(secret.reveal()))).status).toBe(200)
  expect((await ask('/api/x', { 'X-API-Key': 'wrong' })).status).toBe(401)
})

describe('scopes', () => {
  it.each<[string, readonly string[] | undefined, number]>([
    ['/api/chat', ['chat:write'], 200],
    ['/api/chat', ['chat:read'], 403],
    ['/api/chat', undefined, 403],
    ['/api/mixed', ['chat:write'], 403],
    ['/api/mixed', ['chat:read', 'chat:write', 'other'], 200],
  ])('on %s of a key with %j: %d', async (path, scopes, status) => {
    const { clientKeys, ask } = await start()
    const { secret } = await clientKeys.create({ name: 'a', scopes })
    expect((await ask(path, bearer(secret.reveal()))).status).toBe(status)
  })

  it('says which are missing', async () => {
    const { clientKeys, ask } = await start()
    const { secret } = await clientKeys.create({ name: 'a' })
    const answer = await ask('/api/mixed', bearer(secret.reveal()))
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="chat:write chat:read"',
    )
    expect(answer.body).toMatchObject({ detail: 'The key needs: chat:write chat:read.' })
  })

  it('are not asked of users where that is said, and users need no key', async () => {
    const { ask } = await start()
    expect(await ask('/api/x', { 'X-User': 'ada' })).toMatchObject({ status: 200, body: { kind: 'user' } })
    expect((await ask('/api/mixed', { 'X-User': 'ada' })).status).toBe(200)
    expect((await ask('/api/chat', { 'X-User': 'ada' })).status).toBe(403)
  })

  it.each([[''], ['a b'], ['"'], [[]]])('cannot be %j', (scopes) => {
    const { clientKeys } = createClientKeysFixture()
    expect(() => clientKeys.requireScope(scopes)).toThrow(
      expect.objectContaining({ code: 'ALFRED_CONFIG_INVALID' }),
    )
  })
})

it('answers 429 with Retry-After to an address with too many invalid keys', async () => {
  const { ask, told } = await start({ invalidLimit: { limit: 2, windowMs: 30_000 } })
  const statuses: number[] = []
  for (let sent = 0; sent < 3; sent++) statuses.push((await ask('/api/x', { 'X-API-Key': 'wrong' })).status)
  expect(statuses).toEqual([401, 401, 429])
  expect(await ask('/api/x', { 'X-API-Key': 'wrong' })).toMatchObject({
    headers: { 'retry-after': '30' },
    body: { type: 'urn:alfred:problem:client-key-limited' },
  })
  expect(told.map(([, event]) => event)).toEqual([
    { reason: 'malformed' },
    { reason: 'malformed' },
    { reason: 'limited' },
    { reason: 'limited' },
  ])
})

it('answers 503, never 401, while nobody can tell', async () => {
  const { clientKeys, store, ask } = await start()
  await clientKeys.ready()
  store.fault = 'refuses'
  const answer = await ask('/api/x', bearer(createClientKeyFormat('alf', 'live').write('AbCdEf012345')))
  expect(answer).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    body: { type: 'urn:alfred:problem:client-key-unavailable' },
  })
  expect(answer.headers['www-authenticate']).toBeUndefined()
})
