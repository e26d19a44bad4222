import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AlfredConfigError, noopLogger } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AlfredConfig } from './config/alfred-config.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const message = z.strictObject({ message: z.string() })

const onExpress =
  (createApp: () => express.Express) =>
  (guard: AlfredGuard): RequestListener => {
    const chat = guard.validate({ body: message })
    const app = createApp()
    app.use(guard)
    app.post('/api/alfred/chat', chat, (request, response) => {
      response.json(chat.valid(request).body)
    })
    app.get('/fails', () => {
      throw new Error('secret detail')
    })
    app.use(guard.notFoundHandler, guard.errorHandler)
    return app
  }

/** The same little application on each host: echoes a message, and fails on demand. */
const hosts = {
  'Express 5': onExpress(express),
  // What the application above uses of Express is the same in both, which their types do not know.
  'Express 4': onExpress(express4 as unknown as typeof express),
  'node:http': (guard: AlfredGuard): RequestListener => {
    const chat = guard.validate({ body: message })
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (request.url === '/fails') throw new Error('secret detail')
      response.setHeader('Content-Type', 'application/json')
      if (request.method === 'POST') {
        chat(request, response, (error) => {
          if (error === undefined) response.end(JSON.stringify(chat.valid(request).body))
          else guard.errorHandler(error, request, response, () => undefined)
        })
        return
      }
      guard.notFoundHandler(request, response, () => undefined)
    }
    return (request, response) => {
      guard(request, response, (error) => {
        try {
          if (error !== undefined) throw error instanceof Error ? error : new Error('refused')
          handle(request, response)
        } catch (failure) {
          guard.errorHandler(failure, request, response, () => undefined)
        }
      })
    }
  },
} as const

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

async function start(config: AlfredConfig, host: keyof typeof hosts = 'Express 5') {
  const guard = alfredHardening(config)
  closers.push(() => guard.close())
  await guard.ready()
  const url = await serve(hosts[host](guard))
  const chat = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/api/alfred/chat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { guard, url, chat }
}

describe.each(Object.keys(hosts) as (keyof typeof hosts)[])('on %s', (host) => {
  it('lets a good request through, code unchanged, with every layer at work', async () => {
    const { chat } = await start({ cors: { origin: ['https://app.example.com'] } }, host)
    const code = { message: 'SELECT * FROM a; <script>eval("1")</script> Map<string, number>' }
    const answer = await chat(code, { Origin: 'https://app.example.com', 'Sec-Fetch-Site': 'cross-site' })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual(code)
    const headers = Object.fromEntries(answer.headers)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-xss-protection': '0',
      'access-control-allow-origin': 'https://app.example.com',
    })
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(headers['ratelimit-policy']).toMatch(/;q=1000;/)
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers['x-powered-by']).toBeUndefined()
  })

  it.each<[string, unknown, Record<string, string>, number]>([
    [
      'another site',
      { message: 'hi' },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      403,
    ],
    ['an unknown field', { message: 'hi', admin: true }, {}, 422],
    ['broken JSON', '{"message":', {}, 400],
    ['a prototype key', '{"message":"hi","__proto__":{"admin":true}}', {}, 400],
    ['another type', 'message=hi', { 'Content-Type': 'application/x-www-form-urlencoded' }, 422],
    ['too much', { message: 'x'.repeat(2 ** 20) }, {}, 413],
  ])('refuses %s', async (_what, body, headers, status) => {
    const { chat } = await start({}, host)
    const answer = await chat(body, headers)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.json()).toMatchObject({ status, requestId: answer.headers.get('x-request-id') })
  })

  it('counts requests before it parses them', async () => {
    const { chat } = await start({ preset: 'ai' }, host)
    for (let sent = 0; sent < 10; sent++) expect((await chat('{"broken')).status).toBe(400)
    const denied = await chat({ message: 'hi' })
    expect(denied.status).toBe(429)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(denied.headers.get('ratelimit')).toContain('r=0')
    expect(await denied.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    })
  })

  it('answers failures without their text and with the security headers', async () => {
    const { url } = await start({}, host)
    const answer = await fetch(`${url}/fails`)
    const body = await answer.text()
    expect(answer.status).toBe(500)
    expect(body).not.toContain('secret detail')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('answers what no route takes with a problem', async () => {
    const { url } = await start({}, host)
    const answer = await fetch(`${url}/<script>`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(await answer.json()).toMatchObject({ type: 'about:blank', title: 'Not Found' })
  })

  it('serves the probes and the metrics of what went by', async () => {
    const { guard, url, chat } = await start({}, host)
    await guard.health.ready()
    await chat({ message: 'hi' })
    for (const path of ['/livez', '/readyz', '/startupz', '/healthz']) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200])
    }
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics.length).toBeGreaterThan(1000)
    expect(metrics).toMatch(/^http_server_requests_total\{method="POST",.*code="200".*\} 1$/m)
    expect(metrics).not.toContain('livez')
  })
})

function problemsOf(construct: () => unknown): unknown {
  try {
    construct()
  } catch (error) {
    if (error instanceof AlfredConfigError)
      return error.problems.map(({ path, code, suggestion }) => [path, code, suggestion])
    throw error
  }
  return []
}

it('names every problem of every layer at once', () => {
  const config = {
    trustProxy: true,
    hedaers: {},
    cors: { origin: ['https://app.example.com/'], credentials: true },
    csrf: { trustedOrigin: [] },
    rateLimit: { policies: [{ name: 'chat', limit: 0 }], redis: { url: 'http://redis' } },
    health: 'yes',
    metrics: { path: 'metrics' },
    clientKeys: { required: 'api' },
    vault: {},
  }
  expect(problemsOf(() => alfredHardening(config as unknown as AlfredConfig))).toEqual([
    ['trustProxy', 'ALFRED_CONFIG_UNSAFE', undefined],
    ['hedaers', 'ALFRED_CONFIG_UNKNOWN_KEY', 'headers'],
    ['health', 'ALFRED_CONFIG_WRONG_TYPE', undefined],
    ['metrics.path', 'ALFRED_CONFIG_OUT_OF_RANGE', undefined],
    ['cors.origin[0]', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://app.example.com'],
    ['csrf.trustedOrigin', 'ALFRED_CONFIG_UNKNOWN_KEY', 'trustedOrigins'],
    ['rateLimit.redis.url', 'ALFRED_CONFIG_OUT_OF_RANGE', undefined],
    ['rateLimit.policies[0].limit', 'ALFRED_CONFIG_OUT_OF_RANGE', undefined],
    ['rateLimit.policies[0].windowMs', 'ALFRED_CONFIG_MISSING', undefined],
    ['rateLimit.policies[0].key', 'ALFRED_CONFIG_MISSING', undefined],
    ['vault.store', 'ALFRED_CONFIG_MISSING', undefined],
    ['vault.keyEncryptionKey', 'ALFRED_CONFIG_MISSING', undefined],
    ['clientKeys.required', 'ALFRED_CONFIG_OUT_OF_RANGE', undefined],
    ['clientKeys.store', 'ALFRED_CONFIG_MISSING', undefined],
    ['clientKeys.keyEncryptionKey', 'ALFRED_CONFIG_MISSING', undefined],
  ])
})

it.each([
  'headers',
  'cors',
  'rateLimit',
  'loadShedding',
  'clientKeys',
  'vault',
  'health',
  'metrics',
  'tracing',
  'alerting',
] as const)('says how to switch on %s when it is off and asked for', (name) => {
  const guard = alfredHardening({
    headers: false,
    rateLimit: false,
    health: false,
    metrics: false,
    tracing: false,
  })
  expect(() => guard[name]).toThrow(expect.objectContaining({ code: 'ALFRED_LAYER_OFF' }))
})

it.each<[string, AlfredConfig, string]>([
  ['by default', {}, 'Retry-After,RateLimit,RateLimit-Policy,X-Request-Id'],
  [
    'beside the headers of the application',
    { cors: { origin: '*', exposedHeaders: ['ETag', 'Retry-After'] } },
    'ETag,Retry-After,RateLimit,RateLimit-Policy',
  ],
  [
    'of the older kind',
    { rateLimit: { headers: 'legacy' } },
    'Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,X-Request-Id',
  ],
  [
    'none when there is no limit',
    { cors: { origin: '*', exposedHeaders: ['ETag'] }, rateLimit: false },
    'ETag',
  ],
])('lets other origins read the fields of rate limits: %s', async (_what, config, expected) => {
  const { url } = await start({ cors: { origin: '*' }, ...config })
  const answer = await fetch(`${url}/fails`, { headers: { Origin: 'https://app.example.com' } })
  expect(answer.headers.get('access-control-expose-headers')).toBe(expected)
})

it('is a middleware that does nothing when every layer is off', async () => {
  const { url } = await start({
    headers: false,
    csrf: false,
    rateLimit: false,
    bodyGuard: false,
    health: false,
    metrics: false,
    tracing: false,
  })
  const answer = await fetch(`${url}/livez`)
  expect(answer.status).toBe(404)
  expect(answer.headers.has('ratelimit')).toBe(false)
})

it('counts per user once it knows them', async () => {
  const identify = (request: IncomingMessage): string | undefined => request.headers.authorization
  const { chat } = await start({ preset: 'ai', identify })
  const asUser = async (user: string): Promise<number> =>
    (await chat({ message: 'hi' }, { Authorization: user })).status
  for (let sent = 0; sent < 10; sent++) expect(await asUser('ada')).toBe(200)
  expect(await asUser('ada')).toBe(429)
  expect(await asUser('grace')).toBe(200)
})

it('requires an API key and counts by it', async () => {
  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
  const { guard, chat, url } = await start({
    preset: 'ai',
    clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey },
  })
  const withKey = async (key: string): Promise<number> =>
    (await chat({ message: 'hi' }, { Authorization: `Bearer ${key}` })).status
  const one = (await guard.clientKeys.create({ name: 'one' })).secret.reveal()
  const other = (await guard.clientKeys.create({ name: 'other' })).secret.reveal()
  expect((await chat({ message: 'hi' })).status).toBe(401)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  for (let sent = 0; sent < 10; sent++) expect(await withKey(one)).toBe(200)
  expect(await withKey(one)).toBe(429)
  expect(await withKey(other)).toBe(200)
})

it('opens the vault before it is ready', async () => {
  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
  const { guard } = await start({ vault: { store: createMemoryVaultStore(), keyEncryptionKey } })
  await guard.vault.promote('openai', await guard.vault.stage('openai', 'sk-test-1'))
  expect(guard.vault.get('openai').reveal()).toBe('sk-test-1')
})

it('exports whether the keys of its vault are taken, and when they are to be rotated', async () => {
  const { guard } = await start({
    vault: {
      store: createMemoryVaultStore(),
      keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64')),
      pollMs: 10,
      providers: { hosted: { adapter: { probe: () => Promise.resolve({ validity: 'invalid' }) } } },
    },
  })
  await guard.vault.promote('hosted', await guard.vault.stage('hosted', 'key-1'))
  const exposed = async () => (await guard.metrics.expose()).body
  await expect.poll(exposed, { timeout: 10_000 }).toContain('alfred_key_valid{provider="hosted"} 0')
  expect(await exposed()).toMatch(/^alfred_key_rotation_due_timestamp_seconds\{provider="hosted"\} \d{10}/m)
})

it('reports failures to onError and to the log', async () => {
  const reported: unknown[] = []
  const logged: string[] = []
  const { url } = await start({
    onError: (error) => reported.push(error),
    logger: { ...noopLogger, error: (_fields, text) => logged.push(text) },
  })
  await fetch(`${url}/fails`)
  expect(reported).toEqual([expect.objectContaining({ message: 'secret detail' })])
  expect(logged).toEqual(['request failed'])
})
