import { type Middleware, noopLogger } from '@alfred/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exchange } from '../test/support/exchange.ts'
import { createCors } from './cors/cors.ts'
import { createCsrf } from './csrf/csrf.ts'
import { createSecurityHeaders } from './headers/security-headers.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    'null',
    '*',
    'https://app.example.com',
    'https://app.example.com\r\nSet-Cookie: a=b',
    'https://sub.app.example.com',
    'https://other.example',
    'https://[::1]:80',
    '//',
    '://',
    'a:b@c://d',
    'same-origin',
    'cross-site',
    'navigate',
    'https',
    'PUT',
  ),
)

const request = fc.record({
  method: fc.oneof(fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD', 'DELETE'), text),
  url: fc.oneof(fc.constantFrom('/', '/api', '*', '', '//', 'http://[', '/%ff?a#b'), text),
  tls: fc.boolean(),
  headers: fc.dictionary(
    fc.constantFrom(
      'host',
      'origin',
      'cookie',
      'access-control-request-method',
      'access-control-request-headers',
      'sec-fetch-site',
      'sec-fetch-mode',
      'sec-fetch-dest',
      'x-forwarded-for',
      'x-forwarded-proto',
      'content-type',
    ),
    text,
    { noNullPrototype: true },
  ),
})

const echo = (value: string | undefined): string => value ?? ''

const layers: Record<string, Middleware> = {
  'headers, api': createSecurityHeaders({ preset: 'api', overrides: [{ path: '/x', xFrameOptions: false }] }),
  'headers, strict behind a proxy': createSecurityHeaders({ preset: 'strict', trustProxy: 1 }),
  'headers, with a function that repeats the request': createSecurityHeaders({
    logger: noopLogger,
    contentSecurityPolicy: {
      directives: {
        scriptSrc: ["'nonce'", ({ headers }) => echo(headers.origin)],
        imgSrc: [({ url }) => echo(url)],
      },
    },
  }),
  'CORS, a list': createCors({
    origin: ['https://app.example.com', 'https://*.app.example.com'],
    credentials: true,
  }),
  'CORS, an expression that matches anything before its domain': createCors({
    origin: /^.*\.example\.com$/s,
  }),
  'CORS, a function that allows anything': createCors({ origin: () => true, credentials: true }),
  'CORS, a promise of anything': createCors({ origin: () => Promise.resolve(true) }),
  'CORS, everybody': createCors({ origin: '*' }),
  CSRF: createCsrf({ trustedOrigins: [/^.*\.example\.com$/s], bypass: '/hooks', resourceIsolation: true }),
  'CSRF, reporting': createCsrf({ mode: 'report' }),
}

/** RFC 9110 section 5.5, without the obsolete bytes above ASCII. */
const fieldValue = /^[\t\x20-\x7e]*$/

describe.each(Object.entries(layers))('whatever is asked of %s', (_name, middleware) => {
  it('nothing is thrown, and every header is sound', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (options) => {
        const { headers, error } = await exchange(middleware, options)
        expect(error).toBeUndefined()
        for (const value of Object.values(headers)) expect(String(value)).toMatch(fieldValue)
        const { 'access-control-allow-origin': granted, 'access-control-allow-credentials': credentials } =
          headers
        if (granted === undefined) expect(credentials).toBeUndefined()
        expect(granted).not.toBe('null')
      }),
      { numRuns: 300 },
    )
  })
})
