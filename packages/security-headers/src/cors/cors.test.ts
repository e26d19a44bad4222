import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createRequest, exchange, problemsOf } from '../../test/support/exchange.ts'
import { createCors } from './cors.ts'
import type { AllowedOrigin, CorsOptions } from './cors-options.ts'

const app = 'https://app.example.com'
const evil = 'https://evil.example'
const host = 'api.example.com'
const preflight = { 'access-control-request-method': 'PUT' }

function watch(options: CorsOptions) {
  const events = createEventBus(noopLogger)
  const denied: AlfredEvents['cors.denied'][] = []
  events.on('cors.denied', (event) => denied.push(event))
  return { cors: createCors({ ...options, events }), denied }
}

interface Row {
  readonly name: string
  readonly method?: string
  readonly headers: Record<string, string>
  readonly allowed: boolean
  readonly passed: boolean
  readonly denied?: AlfredEvents['cors.denied']
}

const rows: Row[] = [
  { name: 'no Origin', headers: {}, allowed: false, passed: true },
  { name: 'same host', headers: { origin: `https://${host}` }, method: 'POST', allowed: false, passed: true },
  { name: 'allowed, simple', headers: { origin: app }, allowed: true, passed: true },
  { name: 'allowed, POST', headers: { origin: app }, method: 'POST', allowed: true, passed: true },
  {
    name: 'allowed, OPTIONS of the app',
    headers: { origin: app },
    method: 'OPTIONS',
    allowed: true,
    passed: true,
  },
  {
    name: 'allowed, preflight',
    headers: { origin: app, ...preflight },
    method: 'OPTIONS',
    allowed: true,
    passed: false,
  },
  {
    name: 'denied, simple',
    headers: { origin: evil },
    allowed: false,
    passed: true,
    denied: { method: 'GET', preflight: false },
  },
  {
    name: 'denied, preflight',
    headers: { origin: evil, ...preflight },
    method: 'OPTIONS',
    allowed: false,
    passed: false,
    denied: { method: 'PUT', preflight: true },
  },
  {
    name: 'denied, preflight for an unknown method',
    headers: { origin: evil, 'access-control-request-method': 'x'.repeat(500) },
    method: 'OPTIONS',
    allowed: false,
    passed: false,
    denied: { method: '_OTHER', preflight: true },
  },
  {
    name: 'denied, OPTIONS of the app',
    headers: { origin: evil },
    method: 'OPTIONS',
    allowed: false,
    passed: true,
    denied: { method: 'OPTIONS', preflight: false },
  },
  {
    name: 'null',
    headers: { origin: 'null' },
    allowed: false,
    passed: true,
    denied: { method: 'GET', preflight: false },
  },
  {
    name: 'same host by another scheme, preflight',
    headers: { origin: `http://${host}`, ...preflight },
    method: 'OPTIONS',
    allowed: false,
    passed: false,
    denied: { method: 'PUT', preflight: true },
  },
  { name: 'OPTIONS without Origin', headers: preflight, method: 'OPTIONS', allowed: false, passed: true },
]

describe('the decision', () => {
  it.each(rows)('$name', async ({ method, headers, allowed, passed, denied }) => {
    const { cors, denied: events } = watch({ origin: [app], credentials: true })
    const answer = await exchange(cors, {
      headers: { host, ...headers },
      before: { Vary: 'Accept-Encoding' },
      ...(method === undefined ? {} : { method }),
    })
    expect(answer.passed).toBe(passed)
    expect(answer.error).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBe(allowed ? app : undefined)
    expect(answer.headers['access-control-allow-credentials']).toBe(allowed ? 'true' : undefined)
    expect(answer.headers['vary']).toBe('Accept-Encoding, Origin')
    expect(events).toEqual(denied === undefined ? [] : [denied])
    if (!passed) expect({ status: answer.status, body: answer.body }).toEqual({ status: 204, body: '' })
    if (!allowed) {
      const grants = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
      expect(grants).toEqual([])
    }
  })
})

it('answers a preflight with what is allowed', async () => {
  const { headers } = await exchange(createCors({ origin: app }), {
    method: 'OPTIONS',
    headers: { host, origin: app, ...preflight, 'access-control-request-headers': 'x-anything' },
  })
  expect({ ...headers }).toEqual({
    vary: 'Origin',
    'access-control-allow-origin': app,
    'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
    'access-control-allow-headers':
      'Authorization,Content-Type,Idempotency-Key,Last-Event-ID,traceparent,X-API-Key,X-CSRF-Token,X-Requested-With',
    'access-control-max-age': '600',
    'access-control-expose-headers': 'Retry-After,RateLimit,RateLimit-Policy,X-Request-Id',
    'content-length': '0',
  })
})

describe('options', () => {
  it.each<[Partial<CorsOptions>, string, string | undefined]>([
    [{ methods: ['GET', 'QUERY'] }, 'access-control-allow-methods', 'GET,QUERY'],
    [{ allowedHeaders: ['X-One', 'X-Two'] }, 'access-control-allow-headers', 'X-One,X-Two'],
    [{ allowedHeaders: [] }, 'access-control-allow-headers', undefined],
    [{ exposedHeaders: ['ETag'] }, 'access-control-expose-headers', 'ETag'],
    [{ exposedHeaders: [] }, 'access-control-expose-headers', undefined],
    [{ maxAge: 7200 }, 'access-control-max-age', '7200'],
    [{ maxAge: 0 }, 'access-control-max-age', '0'],
    [{ credentials: true }, 'access-control-allow-credentials', 'true'],
    [{ credentials: false }, 'access-control-allow-credentials', undefined],
  ])('%j', async (options, header, expected) => {
    const { headers } = await exchange(createCors({ origin: app, ...options }), {
      method: 'OPTIONS',
      headers: { host, origin: app, ...preflight },
    })
    expect(headers[header]).toBe(expected)
  })

  it.each<[string | undefined, string | undefined]>([
    ['x-anything, X-Other', 'x-anything, X-Other'],
    ['x-anything\r\nSet-Cookie: a=b', undefined],
    ['a b', undefined],
    [undefined, undefined],
  ])('reflects the headers that are asked for: %j', async (asked, expected) => {
    const cors = createCors({ origin: app, requestedHeaders: 'reflect' })
    const request = asked === undefined ? {} : { 'access-control-request-headers': asked }
    const { headers } = await exchange(cors, {
      method: 'OPTIONS',
      headers: { host, origin: app, ...preflight, ...request },
    })
    expect(headers['access-control-allow-headers']).toBe(expected)
    expect(headers['vary']).toBe('Origin, Access-Control-Request-Headers')
  })

  it('lets a preflight go on, or end with another status', async () => {
    const asked = { method: 'OPTIONS', headers: { host, origin: app, ...preflight } }
    const passing = await exchange(createCors({ origin: app, preflightContinue: true }), asked)
    expect([passing.passed, passing.headers['access-control-allow-origin']]).toEqual([true, app])
    const old = await exchange(createCors({ origin: app, optionsSuccessStatus: 200 }), asked)
    expect([old.passed, old.status]).toEqual([false, 200])
  })

  it('exposes the limiter’s headers on the answer itself', async () => {
    const { headers } = await exchange(createCors({ origin: app }), { headers: { host, origin: app } })
    expect(headers['access-control-expose-headers']).toBe(
      'Retry-After,RateLimit,RateLimit-Policy,X-Request-Id',
    )
  })

  it.each(['https://anyone.example', 'null', undefined])('* answers %s alike', async (origin) => {
    const { headers } = await exchange(createCors({ origin: '*' }), {
      headers: { host, ...(origin === undefined ? {} : { origin }) },
    })
    expect({ ...headers }).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Retry-After,RateLimit,RateLimit-Policy,X-Request-Id',
    })
  })
})

describe('origin functions', () => {
  const fails = (): boolean => {
    throw new Error('database is down')
  }
  it.each<[string, AllowedOrigin | AllowedOrigin[], boolean]>([
    ['says yes', () => true, true],
    ['says no', () => false, false],
    ['says yes later', () => Promise.resolve(true), true],
    ['says no later', () => Promise.resolve(false), false],
    ['throws', fails, false],
    ['rejects', () => Promise.reject(new Error('database is down')), false],
    ['answers no boolean', (() => 'yes') as unknown as AllowedOrigin, false],
    ['answers no boolean later', (() => Promise.resolve(1)) as unknown as AllowedOrigin, false],
    ['asks the request', { check: (_origin, { headers }) => headers.host === host }, true],
    ['asks the request, which is another', { check: (_origin, { url }) => url === '/none' }, false],
    ['is the second to be asked', [() => Promise.resolve(false), () => true], true],
    ['is asked after one that fails', [fails, () => Promise.resolve(true)], true],
    ['is asked after one that rejects', [() => Promise.reject(new Error('no')), () => true], true],
  ])('one that %s', async (_name, origin, allowed) => {
    const { cors, denied } = watch({ origin })
    const answer = await exchange(cors, { headers: { host, origin: 'https://other.example' } })
    expect(answer.headers['access-control-allow-origin']).toBe(allowed ? 'https://other.example' : undefined)
    expect(answer.headers['vary']).toBe('Origin')
    expect({ passed: answer.passed, error: answer.error }).toEqual({ passed: true, error: undefined })
    expect(denied).toHaveLength(allowed ? 0 : 1)
  })

  it.each(['null', 'file://', 'https://a.example/path', 'https://a.example\r\nX: y', 'x'.repeat(10_000)])(
    'are not asked about %j',
    async (origin) => {
      let asked = 0
      const cors = createCors({ origin: () => (asked += 1) > 0 })
      const { headers } = await exchange(cors, { headers: { host, origin } })
      expect(asked).toBe(0)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    },
  )
})

describe('checkUpgrade', () => {
  it.each<[string, CorsOptions['origin'], Record<string, string>, boolean]>([
    ['no Origin', [], {}, true],
    ['same host', [], { origin: `https://${host}` }, true],
    ['allowed', app, { origin: app, cookie: 'a=b' }, true],
    ['denied', app, { origin: evil }, false],
    ['null', app, { origin: 'null' }, false],
    ['allowed by a promise', () => Promise.resolve(true), { origin: evil }, true],
    ['denied by a promise', () => Promise.resolve(false), { origin: evil }, false],
    ['everybody', '*', { origin: evil }, true],
    ['everybody, with cookies', '*', { origin: evil, cookie: 'session=1' }, false],
  ])('%s', async (_name, origin, headers, expected) => {
    const { cors, denied } = watch({ origin })
    expect(await cors.checkUpgrade(createRequest({ headers: { host, ...headers } }))).toBe(expected)
    expect(denied).toEqual(expected ? [] : [{ method: 'GET', preflight: false }])
  })
})

describe('refused at construction', () => {
  it.each<[object, string, string, string?]>([
    [{}, 'cors.origin', 'ALFRED_CONFIG_MISSING'],
    [{ origins: [app] }, 'cors.origins', 'ALFRED_CONFIG_UNKNOWN_KEY'],
    [{ origin: true }, 'cors.origin', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: '*', credentials: true }, 'cors.origin', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: ['*'] }, 'cors.origin[0]', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: ['null'] }, 'cors.origin[0]', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: 'https://a.example/' }, 'cors.origin', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    [{ origin: 'https://a.example/app' }, 'cors.origin', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    [{ origin: /^https:\/\/a\.example$/g }, 'cors.origin', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: /a\.example/ }, 'cors.origin', 'ALFRED_CONFIG_UNSAFE'],
    [{ origin: app, methods: ['get'] }, 'cors.methods[0]', 'ALFRED_CONFIG_OUT_OF_RANGE', 'GET'],
    [{ origin: app, methods: ['GETT'] }, 'cors.methods[0]', 'ALFRED_CONFIG_OUT_OF_RANGE', 'GET'],
    [{ origin: 'wss://a.example' }, 'cors.origin', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    [{ origin: app, originTimeoutMs: 5 }, 'cors.originTimeoutMs', 'ALFRED_CONFIG_CONFLICT'],
    [{ origin: app, vary: ['x-tenant'] }, 'cors.vary', 'ALFRED_CONFIG_CONFLICT'],
    [{ origin: () => true, vary: ['x tenant'] }, 'cors.vary[0]', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ origin: app, methods: 'GET,POST' }, 'cors.methods', 'ALFRED_CONFIG_WRONG_TYPE'],
    [{ origin: app, allowedHeaders: ['a b'] }, 'cors.allowedHeaders[0]', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [
      { origin: app, credentials: true, allowedHeaders: ['*'] },
      'cors.allowedHeaders',
      'ALFRED_CONFIG_CONFLICT',
    ],
    [
      { origin: app, credentials: true, exposedHeaders: ['*'] },
      'cors.exposedHeaders',
      'ALFRED_CONFIG_CONFLICT',
    ],
    [{ origin: app, maxAge: 1_000_000 }, 'cors.maxAge', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ origin: app, optionsSuccessStatus: 302 }, 'cors.optionsSuccessStatus', 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ])('%j', (options, path, code, suggestion) => {
    const problem = problemsOf(() => createCors(options as CorsOptions)).find((entry) => entry.path === path)
    expect(problem).toMatchObject({ path, code })
    expect(problem?.suggestion).toBe(suggestion)
  })
})

it('says what is wrong with an origin also where credentials are allowed', () => {
  const options: unknown = { origin: true, credentials: true }
  expect(() => createCors(options as never)).toThrow(/origin.*must not be true/s)
})
