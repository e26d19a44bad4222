import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import helmet, { type HelmetOptions } from 'helmet'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { createSecurityHeaders } from './security-headers.ts'

/** Every option helmet's README shows, under both of its names. */
const documented: HelmetOptions[] = [
  {},
  { contentSecurityPolicy: true },
  { contentSecurityPolicy: false, xDownloadOptions: false },
  { contentSecurityPolicy: { directives: { 'script-src': ["'self'", 'example.com'] } } },
  { contentSecurityPolicy: { directives: { 'script-src': ["'self'", 'example.com'], 'style-src': null } } },
  {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...helmet.contentSecurityPolicy.getDefaultDirectives(), 'script-src': ["'self'"] },
    },
  },
  { contentSecurityPolicy: { directives: { scriptSrc: ["'self'", () => "'nonce-e33cc0ffee'"] } } },
  {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", 'example.com'],
        objectSrc: ["'none'"],
        upgradeInsecureRequests: [],
      },
    },
  },
  { contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } } },
  {
    contentSecurityPolicy: {
      directives: { defaultSrc: new Set(["'self'", 'https://cdn.example']) },
      reportOnly: true,
    },
  },
  {
    contentSecurityPolicy: {
      directives: { defaultSrc: helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc },
    },
  },
  {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: "'self' https:",
        sandbox: ['allow-forms', 'allow-scripts'],
        reportUri: '/report',
      },
    },
  },
  { crossOriginEmbedderPolicy: true },
  { crossOriginEmbedderPolicy: { policy: 'credentialless' } },
  { crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' } },
  { crossOriginOpenerPolicy: false },
  { crossOriginResourcePolicy: { policy: 'same-site' } },
  { crossOriginResourcePolicy: false },
  { originAgentCluster: false },
  { referrerPolicy: { policy: 'no-referrer' } },
  { referrerPolicy: { policy: ['origin', 'unsafe-url'] } },
  { referrerPolicy: false },
  { strictTransportSecurity: { maxAge: 123456 } },
  { strictTransportSecurity: { maxAge: 123456.7, includeSubDomains: false } },
  { strictTransportSecurity: { maxAge: 63072000, preload: true } },
  { strictTransportSecurity: false },
  { hsts: { maxAge: 60 } },
  { hsts: false },
  { xContentTypeOptions: false },
  { noSniff: false },
  { xDnsPrefetchControl: { allow: true } },
  { xDnsPrefetchControl: false },
  { dnsPrefetchControl: { allow: true } },
  { xDownloadOptions: false },
  { ieNoOpen: false },
  { xFrameOptions: { action: 'deny' } },
  { xFrameOptions: { action: 'sameorigin' } },
  { frameguard: { action: 'deny' } },
  { xFrameOptions: false },
  { xPermittedCrossDomainPolicies: { permittedPolicies: 'by-content-type' } },
  { permittedCrossDomainPolicies: { permittedPolicies: 'master-only' } },
  { xPermittedCrossDomainPolicies: false },
  { xPoweredBy: false },
  { hidePoweredBy: false },
  { xXssProtection: false },
  { xssFilter: false },
]

function helmetHeaders(options: HelmetOptions) {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  response.setHeader('X-Powered-By', 'Express')
  helmet(options)(request, response, (error) => {
    expect(error).toBeUndefined()
  })
  return response.getHeaders()
}

describe('over TLS the headers are helmet’s, to the byte', () => {
  it.each(documented)('%j', async (options) => {
    const { headers } = await exchange(createSecurityHeaders(options), {
      tls: true,
      before: { 'X-Powered-By': 'Express' },
    })
    expect(headers).toEqual(helmetHeaders(options))
  })
})

describe('without TLS they differ by what belongs to TLS', () => {
  it.each(documented)('%j', async (options) => {
    const { headers } = await exchange(createSecurityHeaders(options), {
      before: { 'X-Powered-By': 'Express' },
    })
    const expected = helmetHeaders(options)
    delete expected['strict-transport-security']
    if (options.referrerPolicy === undefined) expected['referrer-policy'] = 'same-origin'
    for (const name of ['content-security-policy', 'content-security-policy-report-only']) {
      const value = expected[name]
      if (value !== undefined) expected[name] = String(value).replace(';upgrade-insecure-requests', '')
    }
    expect(headers).toEqual(expected)
  })
})
