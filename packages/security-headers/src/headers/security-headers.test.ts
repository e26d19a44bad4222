import type { Logger } from '@alfred/core'
import { expect, describe, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { createSecurityHeaders } from './security-headers.ts'
import type { SecurityHeadersOptions } from './security-headers-options.ts'

const over = (options: SecurityHeadersOptions, tls = true) =>
  exchange(createSecurityHeaders(options), { tls })

describe('each option sets its header', () => {
  it.each<[SecurityHeadersOptions, string, string | undefined]>([
    [{ crossOriginEmbedderPolicy: true }, 'cross-origin-embedder-policy', 'require-corp'],
    [
      { crossOriginEmbedderPolicy: { policy: 'credentialless' } },
      'cross-origin-embedder-policy',
      'credentialless',
    ],
    [{}, 'cross-origin-embedder-policy', undefined],
    [{}, 'cross-origin-opener-policy', 'same-origin'],
    [{ crossOriginOpenerPolicy: { policy: 'unsafe-none' } }, 'cross-origin-opener-policy', 'unsafe-none'],
    [{ crossOriginOpenerPolicy: false }, 'cross-origin-opener-policy', undefined],
    [{}, 'cross-origin-resource-policy', 'same-origin'],
    [
      { crossOriginResourcePolicy: { policy: 'cross-origin' } },
      'cross-origin-resource-policy',
      'cross-origin',
    ],
    [{ crossOriginResourcePolicy: false }, 'cross-origin-resource-policy', undefined],
    [{}, 'origin-agent-cluster', '?1'],
    [{ originAgentCluster: false }, 'origin-agent-cluster', undefined],
    [{}, 'referrer-policy', 'no-referrer'],
    [{ referrerPolicy: { policy: 'same-origin' } }, 'referrer-policy', 'same-origin'],
    [
      { referrerPolicy: { policy: ['no-referrer', 'strict-origin'] } },
      'referrer-policy',
      'no-referrer,strict-origin',
    ],
    [{ referrerPolicy: false }, 'referrer-policy', undefined],
    [{}, 'strict-transport-security', 'max-age=31536000; includeSubDomains'],
    [{ hsts: { maxAge: 60, includeSubDomains: false } }, 'strict-transport-security', 'max-age=60'],
    [
      { strictTransportSecurity: { maxAge: 63072000, preload: true } },
      'strict-transport-security',
      'max-age=63072000; includeSubDomains; preload',
    ],
    [{ strictTransportSecurity: false }, 'strict-transport-security', undefined],
    [{}, 'x-content-type-options', 'nosniff'],
    [{ noSniff: false }, 'x-content-type-options', undefined],
    [{}, 'x-dns-prefetch-control', 'off'],
    [{ dnsPrefetchControl: { allow: true } }, 'x-dns-prefetch-control', 'on'],
    [{ xDnsPrefetchControl: false }, 'x-dns-prefetch-control', undefined],
    [{}, 'x-download-options', 'noopen'],
    [{ ieNoOpen: false }, 'x-download-options', undefined],
    [{}, 'x-frame-options', 'SAMEORIGIN'],
    [{ frameguard: { action: 'deny' } }, 'x-frame-options', 'DENY'],
    [{ xFrameOptions: false }, 'x-frame-options', undefined],
    [{}, 'x-permitted-cross-domain-policies', 'none'],
    [
      { permittedCrossDomainPolicies: { permittedPolicies: 'master-only' } },
      'x-permitted-cross-domain-policies',
      'master-only',
    ],
    [{ xPermittedCrossDomainPolicies: false }, 'x-permitted-cross-domain-policies', undefined],
    [{}, 'x-xss-protection', '0'],
    [{ xssFilter: false }, 'x-xss-protection', undefined],
    [{}, 'permissions-policy', undefined],
    [{ permissionsPolicy: { camera: 'none' } }, 'permissions-policy', 'camera=()'],
    [
      { permissionsPolicy: { 'display-capture': 'self', fullscreen: '*', usb: [] } },
      'permissions-policy',
      'display-capture=(self), fullscreen=*, usb=()',
    ],
    [
      { permissionsPolicy: { screenWakeLock: ['self', 'https://maps.example.com'] } },
      'permissions-policy',
      'screen-wake-lock=(self "https://maps.example.com")',
    ],
    [{ permissionsPolicy: false, preset: 'api' }, 'permissions-policy', undefined],
    [
      { reportingEndpoints: { csp: '/csp-reports', other: 'https://reports.example.com/a?b=c' } },
      'reporting-endpoints',
      'csp="/csp-reports", other="https://reports.example.com/a?b=c"',
    ],
    [
      { integrityPolicy: { blockedDestinations: ['script'] } },
      'integrity-policy',
      'blocked-destinations=(script)',
    ],
    [
      {
        reportingEndpoints: { integrity: '/reports' },
        integrityPolicyReportOnly: { blockedDestinations: ['script', 'style'], endpoints: ['integrity'] },
      },
      'integrity-policy-report-only',
      'blocked-destinations=(script style), endpoints=(integrity)',
    ],
    [{ contentSecurityPolicy: false }, 'content-security-policy', undefined],
    [{}, 'cache-control', undefined],
    [{ cacheControl: { noStore: '/' } }, 'cache-control', 'no-store'],
    [{ cacheControl: { noStore: '/api' } }, 'cache-control', undefined],
    [{ cacheControl: false, preset: 'api' }, 'cache-control', undefined],
  ])('%j: %s is %s', async (options, header, expected) => {
    const { headers, passed } = await over(options)
    expect(headers[header]).toBe(expected)
    expect(passed).toBe(true)
  })
})

describe('what only holds over TLS', () => {
  it.each<[string, SecurityHeadersOptions, { tls?: boolean; headers?: Record<string, string> }, boolean]>([
    ['a TLS socket', {}, { tls: true }, true],
    ['a plain socket', {}, {}, false],
    ['a client that claims TLS', {}, { headers: { 'x-forwarded-proto': 'https' } }, false],
  ])('%s', async (_name, options, request, secure) => {
    const { headers } = await exchange(createSecurityHeaders(options), request)
    expect(headers['strict-transport-security'] !== undefined).toBe(secure)
    expect(String(headers['content-security-policy']).includes('upgrade-insecure-requests')).toBe(secure)
  })
})

describe('X-Powered-By', () => {
  it.each<[SecurityHeadersOptions, string | undefined]>([
    [{}, undefined],
    [{ xPoweredBy: false }, 'Express'],
    [{ hidePoweredBy: false }, 'Express'],
  ])('%j: %s', async (options, expected) => {
    const { headers } = await exchange(createSecurityHeaders(options), {
      before: { 'X-Powered-By': 'Express' },
    })
    expect(headers['x-powered-by']).toBe(expected)
  })
})

it('leaves a Cache-Control that stands already', async () => {
  const { headers } = await exchange(createSecurityHeaders({ preset: 'api' }), {
    before: { 'Cache-Control': 'public, max-age=60' },
  })
  expect(headers['cache-control']).toBe('public, max-age=60')
})

it('passes on a response that has begun', async () => {
  const headers = createSecurityHeaders()
  const { response } = await exchange(headers)
  response.writeHead(200)
  let passed = false
  headers(response.req, response, () => (passed = true))
  expect(passed).toBe(true)
})

describe('overrides', () => {
  const headers = createSecurityHeaders({
    preset: 'strict',
    xFrameOptions: { action: 'sameorigin' },
    overrides: [
      {
        path: ['/docs', '/help'],
        contentSecurityPolicy: {
          directives: { imgSrc: ["'self'", 'https://images.example.com'], connectSrc: null },
        },
        crossOriginEmbedderPolicy: false,
        permissionsPolicy: { fullscreen: 'self' },
      },
      { path: '/docs', xFrameOptions: false },
      { path: (path) => path.endsWith('.pdf'), frameguard: false, cacheControl: { noStore: '/' } },
    ],
  })

  it.each<[string, string, (value: string | undefined) => boolean]>([
    ['/', 'cross-origin-embedder-policy', (value) => value === 'require-corp'],
    ['/docs', 'cross-origin-embedder-policy', (value) => value === undefined],
    ['/Docs/intro', 'cross-origin-embedder-policy', (value) => value === undefined],
    ['/docsearch', 'cross-origin-embedder-policy', (value) => value === 'require-corp'],
    [
      '/help?x=/',
      'content-security-policy',
      (value) => value?.includes('https://images.example.com') === true,
    ],
    ['/help', 'content-security-policy', (value) => value?.includes('connect-src') === false],
    ['/help', 'content-security-policy', (value) => value?.includes("default-src 'none'") === true],
    ['/', 'content-security-policy', (value) => value?.includes("connect-src 'self'") === true],
    ['/help', 'permissions-policy', (value) => value?.includes('fullscreen=(self)') === true],
    ['/help', 'permissions-policy', (value) => value?.includes('camera=()') === true],
    // The first override that matches decides alone.
    ['/docs', 'x-frame-options', (value) => value === 'SAMEORIGIN'],
    ['/a.pdf', 'x-frame-options', (value) => value === undefined],
    ['/a.pdf', 'cache-control', (value) => value === 'no-store'],
    ['/api/x', 'cache-control', (value) => value === 'no-store'],
  ])('%s: %s', async (url, header, expected) => {
    const { headers: sent } = await exchange(headers, { url })
    const value = sent[header]
    expect(expected(value === undefined ? undefined : String(value))).toBe(true)
  })
})

describe('HSTS that is lost to an untrusted proxy', () => {
  it.each<[string, SecurityHeadersOptions, Record<string, string>, number]>([
    ['is logged once', {}, { 'x-forwarded-proto': 'https' }, 1],
    ['not where the peer is trusted', { trustProxy: 1 }, { 'x-forwarded-proto': 'https' }, 0],
    ['not where the peer says http', {}, { 'x-forwarded-proto': 'http' }, 0],
    [
      'not where nothing is lost',
      { hsts: false, contentSecurityPolicy: false, referrerPolicy: false },
      { 'x-forwarded-proto': 'https' },
      0,
    ],
  ])('%s', async (_name, options, headers, expected) => {
    let warnings = 0
    const ignore = (): void => undefined
    const logger: Logger = { debug: ignore, info: ignore, warn: () => (warnings += 1), error: ignore }
    const middleware = createSecurityHeaders({ ...options, logger })
    await exchange(middleware, { headers })
    await exchange(middleware, { headers })
    expect(warnings).toBe(expected)
  })
})

describe('explain', () => {
  it('names every header with its value, its connections and who decided it', () => {
    const explained = createSecurityHeaders({
      preset: 'spa',
      referrerPolicy: { policy: 'no-referrer' },
      overrides: [{ path: '/embed', xFrameOptions: false }],
    }).explain()
    const find = (name: string) => explained.headers.filter((header) => header.name === name)

    expect(explained.preset).toBe('spa')
    expect(find('Referrer-Policy')).toEqual([
      { name: 'Referrer-Policy', value: 'no-referrer', sentOver: 'any', from: 'option' },
    ])
    expect(find('X-Frame-Options')[0]?.from).toBe('default')
    expect(find('Cache-Control')[0]).toEqual({
      name: 'Cache-Control',
      value: 'no-store',
      sentOver: 'any',
      from: 'preset',
      path: '/api',
    })
    expect(find('Strict-Transport-Security')[0]?.sentOver).toBe('tls')
    expect(find('Content-Security-Policy').map(({ sentOver }) => sentOver)).toEqual(['tls', 'plain'])
    expect(find('Content-Security-Policy')[0]?.value).toContain("script-src 'nonce-…' 'strict-dynamic'")
    expect(explained.overrides).toHaveLength(1)
    expect(explained.overrides[0]?.headers.some(({ name }) => name === 'X-Frame-Options')).toBe(false)
  })

  it('shows functions without calling them', () => {
    const { headers } = createSecurityHeaders({
      contentSecurityPolicy: { directives: { imgSrc: ["'self'", () => 'https://a.example'] } },
    }).explain()
    expect(headers.find(({ name }) => name === 'Content-Security-Policy')?.value).toContain(
      "img-src 'self' <function>",
    )
  })
})
