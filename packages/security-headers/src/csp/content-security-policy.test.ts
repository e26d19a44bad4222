import type { Logger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import type { CspSourceFunction } from './content-security-policy.ts'
import { createSecurityHeaders } from '../headers/security-headers.ts'
import type { SecurityHeadersOptions } from '../headers/security-headers-options.ts'

const only = (directives: object): SecurityHeadersOptions => ({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], ...directives } },
})

describe('the policy', () => {
  it.each<[object, string]>([
    [{}, "default-src 'none'"],
    [{ imgSrc: 'a.example b.example' }, "default-src 'none';img-src a.example b.example"],
    [{ 'img-src': new Set(["'self'", 'data:']) }, "default-src 'none';img-src 'self' data:"],
    [{ upgradeInsecureRequests: [] }, "default-src 'none';upgrade-insecure-requests"],
    [{ sandbox: [] }, "default-src 'none';sandbox"],
    [{ sandbox: '' }, "default-src 'none';sandbox"],
    [{ upgradeInsecureRequests: '' }, "default-src 'none';upgrade-insecure-requests"],
    [{ requireTrustedTypesFor: ["'script'"] }, "default-src 'none';require-trusted-types-for 'script'"],
    [{ imgSrc: [] }, "default-src 'none';img-src"],
  ])('%j', async (directives, expected) => {
    const { headers } = await exchange(createSecurityHeaders(only(directives)), { tls: true })
    expect(headers['content-security-policy']).toBe(expected)
  })
})

describe('reporting', () => {
  it.each([
    ['beside report-to over TLS', true, "default-src 'none';report-to csp;report-uri /csp-reports"],
    ['alone over plain HTTP', false, "default-src 'none';report-uri /csp-reports"],
  ])('gives browsers without the Reporting API a report-uri, %s', async (_name, tls, expected) => {
    const { headers } = await exchange(
      createSecurityHeaders({
        ...only({ reportTo: ['csp'] }),
        contentSecurityPolicyReportOnly: {},
        reportingEndpoints: { csp: '/csp-reports' },
      }),
      { tls },
    )
    expect(headers['content-security-policy']).toBe(expected)
    expect(headers['content-security-policy-report-only']).toBe(expected)
  })

  it('leaves a report-uri that is set', async () => {
    const { headers } = await exchange(
      createSecurityHeaders({
        ...only({ reportTo: ['csp'], reportUri: ['https://reports.example.com/'] }),
        reportingEndpoints: { csp: '/csp-reports' },
      }),
    )
    expect(headers['content-security-policy']).toContain('report-uri https://reports.example.com/')
  })

  it('sends a policy to try beside the enforced one, without what browsers ignore there', async () => {
    const { headers } = await exchange(
      createSecurityHeaders({
        ...only({ upgradeInsecureRequests: [], sandbox: [], imgSrc: ["'self'"] }),
        contentSecurityPolicyReportOnly: { directives: { imgSrc: ["'none'"] } },
      }),
      { tls: true },
    )
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';upgrade-insecure-requests;sandbox;img-src 'self'",
    )
    expect(headers['content-security-policy-report-only']).toBe("default-src 'none';img-src 'none'")
  })
})

describe('functions', () => {
  const throwing: CspSourceFunction = () => {
    throw new Error('no')
  }

  it.each<[string, CspSourceFunction, string, number]>([
    ['a host', () => 'https://a.example', "img-src 'self' https://a.example", 0],
    ['a second source', () => "'nonce-a' https://evil.example 'unsafe-inline'", "img-src 'self' ", 1],
    ['a directive', () => "'self';script-src *", "img-src 'self' ", 1],
    ['a line break', () => 'a.example\r\nSet-Cookie: a=b', "img-src 'self' ", 1],
    ['no string', () => 5 as unknown as string, "img-src 'self' ", 1],
    ['a keyword without quotes', () => 'self', "img-src 'self' ", 1],
    ['an exception', throwing, "img-src 'self' ", 1],
  ])('%s', async (_name, source, expected, errors) => {
    let logged = 0
    const ignore = (): void => undefined
    const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: () => (logged += 1) }
    const options = only({ imgSrc: ["'self'", source] })
    const { headers, passed, error } = await exchange(createSecurityHeaders({ ...options, logger }))
    expect(headers['content-security-policy']).toBe(`default-src 'none';${expected}`)
    expect({ passed, error, logged }).toEqual({ passed: true, error: undefined, logged: errors })
  })

  it('stand beside nonces, and see the request', async () => {
    const { headers } = await exchange(
      createSecurityHeaders(
        only({
          scriptSrc: ["'nonce'", (request: { url?: string }) => `https://a.example${request.url ?? ''}`],
        }),
      ),
      { url: '/x' },
    )
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none';script-src 'nonce-[^']{24}' https:\/\/a\.example\/x$/,
    )
  })
})
