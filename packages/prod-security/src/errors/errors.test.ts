import { AlfredError } from '@alfred/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { hostNames, hosts, serve } from '../../test/support/hosts.ts'
import { alfredHardening } from '../alfred-hardening.ts'

const throws = (): never => {
  throw new Error('hunter2: a getter that throws')
}
const httpError = (properties: object, message = 'hunter2'): Error =>
  Object.assign(new Error(message), properties)
const cyclic = httpError({ status: 409 })
Object.assign(cyclic, { cause: cyclic, self: cyclic })
const revoked = Proxy.revocable({}, {})
revoked.revoke()

const unavailable = { status: 503, headers: { 'Retry-After': 120 } }
const internal = { status: 500, type: 'urn:alfred:problem:internal-error' }

/** What is thrown, what the answer must be, and the fields it must have. */
const rows: Record<string, [() => unknown, object, Readonly<Record<string, string | undefined>>]> = {
  'a plain error': [() => new Error('hunter2'), internal, {}],
  'a 4xx': [() => httpError({ status: 404 }), { status: 404, title: 'Not Found', type: 'about:blank' }, {}],
  'a 5xx with its fields': [
    () => httpError(unavailable),
    { status: 503, title: 'Service Unavailable' },
    { 'retry-after': '120' },
  ],
  statusCode: [() => httpError({ statusCode: 502 }), { status: 502 }, {}],
  'an invalid status beside a valid one': [
    () => httpError({ status: '404', statusCode: 410 }),
    { status: 410 },
    {},
  ],
  challenges: [
    () => httpError({ status: 401, headers: { 'WWW-Authenticate': ['Basic realm="a"', 'Bearer'] } }),
    { status: 401 },
    { 'www-authenticate': 'Basic realm="a", Bearer' },
  ],
  'methods that are allowed': [
    () => httpError({ status: 405, headers: { allow: 'GET' } }),
    { status: 405 },
    { allow: 'GET' },
  ],
  'an exposed message': [
    () => httpError({ status: 422, expose: true }, 'The coupon\r\nhas expired'),
    { status: 422, detail: 'The coupon has expired' },
    {},
  ],
  'an exposed message of a 5xx': [
    () => httpError({ status: 503, expose: true }, 'Back at noon'),
    { status: 503, detail: 'Back at noon' },
    {},
  ],
  'a long exposed message': [
    () => httpError({ status: 400, expose: true }, 'x'.repeat(1000)),
    { status: 400, detail: 'x'.repeat(500) },
    {},
  ],
  'an SDK that keeps the Headers of a provider': [
    () => httpError({ status: 401, headers: new Headers({ 'www-authenticate': 'Bearer' }) }),
    internal,
    { 'www-authenticate': undefined },
  ],
  'axios, got and octokit': [
    () => httpError({ status: 429, response: { status: 429, headers: { 'retry-after': '7' } } }),
    internal,
    { 'retry-after': undefined },
  ],
  'an exception that keeps the body of its answer': [
    () => httpError({ status: 404, response: { statusCode: 404, message: 'hunter2' } }),
    { status: 404 },
    {},
  ],
  'an AWS SDK': [() => httpError({ statusCode: 403, $metadata: { httpStatusCode: 403 } }), internal, {}],
  'expose that is not true': [() => httpError({ status: 400, expose: 'yes' }), { status: 400 }, {}],
  'an error of the file system, exposed by its status': [
    () => httpError({ status: 404, expose: true, syscall: 'stat', code: 'ENOENT' }, 'ENOENT: hunter2'),
    { status: 404 },
    {},
  ],
  'a parser that quotes its input': [
    () => Object.assign(new SyntaxError('Unexpected token h, "hunter2"'), { status: 400, expose: true }),
    { status: 400 },
    {},
  ],
  'an object of another library': [
    () => ({ status: 429, headers: { 'retry-after': '7' }, message: 'hunter2' }),
    { status: 429 },
    { 'retry-after': '7' },
  ],
  'an AlfredError': [
    () => new AlfredError('ALFRED_LAYER_OFF', 'hunter2', { layer: 'hunter2' }),
    internal,
    {},
  ],
  'an AlfredError with a status': [
    () => Object.assign(new AlfredError('ALFRED_LAYER_OFF', 'hunter2', { layer: 'hunter2' }), unavailable),
    { status: 503 },
    { 'retry-after': '120' },
  ],
  frozen: [() => Object.freeze(httpError({ status: 400 })), { status: 400 }, {}],
  cyclic: [() => cyclic, { status: 409 }, {}],
  'getters that throw': [
    () =>
      Object.defineProperties(new Error('hunter2'), { status: { get: throws }, headers: { get: throws } }),
    internal,
    {},
  ],
  'one getter that throws': [
    () =>
      Object.defineProperties(httpError({ status: 403 }), {
        headers: { get: throws },
        expose: { get: throws },
      }),
    { status: 403 },
    {},
  ],
  'a proxy that throws': [
    () => new Proxy({}, { get: throws, has: throws, getPrototypeOf: throws }),
    internal,
    {},
  ],
  'a revoked proxy': [() => revoked.proxy, internal, {}],
  'a proxy as headers': [() => httpError({ status: 400, headers: revoked.proxy }), { status: 400 }, {}],
  'a string': [() => 'hunter2', internal, {}],
  'a symbol': [() => Symbol('hunter2'), internal, {}],
  "an upstream's answer": [
    () => httpError({ status: 429, headers: new Headers({ 'retry-after': '9', 'set-cookie': 'a=hunter2' }) }),
    internal,
    { 'retry-after': undefined },
  ],
  'fields that are not for an error to say': [
    () =>
      httpError({
        status: 400,
        headers: {
          Connection: 'close, x-secret',
          'Content-Length': 1,
          'Content-Type': 'text/html',
          'Content-Security-Policy': "default-src * 'unsafe-inline'",
          'Transfer-Encoding': 'chunked',
          'Set-Cookie': 'a=hunter2',
          'Access-Control-Allow-Origin': '*',
          'X-Content-Type-Options': 'none',
          'X-Frame-Options': 'ALLOWALL',
          'Cache-Control': 'public',
          'X-Request-Id': 'hunter2',
          Refresh: '0;url=https://evil.example',
          'X-Reason': 'kept',
        },
      }),
    { status: 400 },
    {
      'content-type': 'application/problem+json',
      'set-cookie': undefined,
      'access-control-allow-origin': undefined,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'cache-control': 'no-store',
      refresh: undefined,
      'x-reason': 'kept',
    },
  ],
  'fields that are not well-formed': [
    () =>
      httpError({
        status: 400,
        headers: {
          'Bad Name': 'a',
          'X-Split': 'a\r\nSet-Cookie: a=hunter2',
          'X-Wide': '\u{1f600}',
          'X-Long': 'x'.repeat(5000),
          'X-Object': { a: 1 },
          'X-Not-A-Number': NaN,
          'X-Number': 5,
          get 'X-Throws'() {
            return throws()
          },
        },
      }),
    { status: 400 },
    {
      'x-split': undefined,
      'x-long': undefined,
      'x-object': undefined,
      'x-not-a-number': undefined,
      'x-number': '5',
    },
  ],
}
for (const status of [NaN, Infinity, 0, 200, 399, 600, 404.5, -404, '404', [404], null, true, 404n]) {
  rows[`a status that is none: ${typeof status} ${String(status)}`] = [
    () => httpError({ status }),
    internal,
    {},
  ]
}

const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

describe.each(hostNames)('on %s', (host) => {
  let port = 0
  let close: () => Promise<unknown> = () => Promise.resolve()
  beforeAll(async () => {
    const guard = alfredHardening({
      rateLimit: false,
      health: false,
      alerting: { errorTracker: { sinks: [] } },
    })
    const routes = Object.fromEntries(
      Object.values(rows).map(([thrown], index) => [
        `/${String(index)}`,
        () => {
          throw thrown()
        },
      ]),
    )
    const served = await serve(hosts[host](guard, routes))
    port = served.port
    close = async () => {
      await served.close()
      await guard.close()
    }
  })
  afterAll(() => close())

  it.each(Object.entries(rows).map(([name, row], index) => [name, index, row] as const))(
    'answers %s',
    async (_name, index, [, expected, fields]) => {
      const answer = await ask(port, { path: `/${String(index)}` })
      expect(JSON.parse(answer.body)).toMatchObject(expected)
      expect(answer.body + JSON.stringify(answer.headers)).not.toContain('hunter2')
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      for (const [name, value] of Object.entries(fields))
        expect([name, answer.headers[name]]).toEqual([name, value])

      const { status, headers, body } = await ask(port, {
        path: `/${String(index)}`,
        headers: { Accept: page },
      })
      expect(status).toBe(answer.status)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(body).toContain(`<h1>${String(status)} `)
      expect(body).not.toMatch(/hunter2|<style|<script|style=/)
    },
  )

  it.each<[string, string, number, string]>([
    ['/<b>"&\'', page, 404, 'text/html; charset=utf-8'],
    ['/missing', '*/*', 404, 'application/problem+json'],
    ['/missing', 'application/json, text/html;q=0.9', 404, 'application/problem+json'],
    ['/missing', 'text/html;q=0.9, application/json;q=0.1', 404, 'text/html; charset=utf-8'],
  ])('answers what is not there: %s for %s', async (path, accept, status, type) => {
    const answer = await ask(port, { path: encodeURI(path), headers: { Accept: accept } })
    expect([answer.status, answer.headers['content-type']]).toEqual([status, type])
    expect(answer.body).toContain('Not Found')
    expect(answer.body).not.toContain('<b>')
  })

  it('answers a layer’s refusal of a form with a page', async () => {
    const answer = await ask(port, {
      method: 'POST',
      path: '/missing',
      headers: { Accept: page, Origin: 'https://evil.example' },
    })
    expect([answer.status, answer.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
    expect(answer.body).toContain('<h1>403 Cross-origin request refused</h1>')
    expect(answer.body).toContain(`<code>${answer.headers['x-request-id'] ?? 'none'}</code>`)
  })

  it('sends no body to HEAD', async () => {
    const answer = await ask(port, { method: 'HEAD', path: '/missing', headers: { Accept: page } })
    expect([answer.status, answer.body, answer.headers['content-type']]).toEqual([
      404,
      '',
      'text/html; charset=utf-8',
    ])
  })
})

it('gives a page a policy of its own where no layer does', async () => {
  const guard = alfredHardening({ headers: false })
  const served = await serve(hosts['node:http'](guard, {}))
  const { headers } = await ask(served.port, { headers: { Accept: page } })
  await served.close()
  await guard.close()
  expect(headers['content-security-policy']).toBe("default-src 'none'")
})
