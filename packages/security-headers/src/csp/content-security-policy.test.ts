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
  const dead = /^'nonce-[A-Za-z0-9+/]{22}=='$/

  /** Sends two responses with the function in `directive`; what the directive then holds, and how often a fault is logged. */
  async function sources(directive: string, constant: string[], source: CspSourceFunction) {
    let logged = 0
    const ignore = (): void => undefined
    const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: () => (logged += 1) }
    const directives = { 'default-src': ["'none'"], [directive]: [...constant, source] }
    const headers = createSecurityHeaders({
      contentSecurityPolicy: { useDefaults: false, directives },
      logger,
    })
    const answers = [await exchange(headers), await exchange(headers)]
    for (const { passed, error } of answers)
      expect({ passed, error }).toEqual({ passed: true, error: undefined })
    const values = answers.map(({ headers: sent }) => {
      const policy = String(sent['content-security-policy'])
      return (
        policy
          .split(';')
          .find((part) => part.startsWith(directive))
          ?.split(' ')
          .slice(1) ?? []
      )
    })
    return { values, logged }
  }

  const failures: [string, CspSourceFunction][] = [
    ['an exception', throwing],
    ['a promise', (() => Promise.resolve("'self'")) as unknown as CspSourceFunction],
    ['no string', () => 5 as unknown as string],
    ['nothing', () => undefined as unknown as string],
    ['a second source', () => "'nonce-a' https://evil.example 'unsafe-inline'"],
    ['a directive', () => "'self';script-src *"],
    ['a line break', () => 'a.example\r\nSet-Cookie: a=b'],
    ['a keyword without quotes', () => 'self'],
    ['the nonce undefined', () => "'nonce-undefined'"],
    ['the nonce null', () => "'nonce-null'"],
    ['the nonce NaN', () => "'nonce-NaN'"],
    ['an object as nonce', () => "'nonce-[object Object]'"],
    ['no nonce', () => "'nonce-'"],
    ['a host that is undefined', () => 'https://undefined'],
    ['a host that is null, with a path', () => 'https://null/app.js'],
    ['a text that is undefined', () => 'undefined'],
  ]

  it.each(failures)('%s, where scripts are named, leaves no inline script allowed', async (_name, source) => {
    for (const directive of ['default-src', 'script-src', 'script-src-elem', 'style-src']) {
      const { values, logged } = await sources(directive, ["'self'", "'unsafe-inline'"], source)
      const nonces = values.map(([self, inline, last = '']) => {
        expect([self, inline]).toEqual(["'self'", "'unsafe-inline'"])
        expect(last).toMatch(dead)
        return last
      })
      expect(new Set(nonces).size).toBe(2)
      expect(logged).toBe(1)
    }
  })

  it.each<[string, string[], string[]]>([
    ['img-src', ["'self'"], ["'self'", '']],
    ['frame-ancestors', [], ['']],
    ['sandbox', [], ['']],
    ['trusted-types', [], ['']],
    ['require-trusted-types-for', [], ["'script'"]],
    ['require-trusted-types-for', ["'script'"], ["'script'", "'script'"]],
    ['webrtc', [], ["'block'"]],
  ])('an exception in %s beside %j', async (directive, constant, expected) => {
    expect(await sources(directive, constant, throwing)).toEqual({ values: [expected, expected], logged: 1 })
  })

  it('a nonce of another response is refused', async () => {
    const { values, logged } = await sources('script-src', [], () => "'nonce-Zml4ZWQ='")
    expect(values[0]).toEqual(["'nonce-Zml4ZWQ='"])
    expect(values[1]?.[0]).toMatch(dead)
    expect(values[1]).not.toEqual(values[0])
    expect(logged).toBe(1)
  })

  it('nonces that alternate are refused, whatever override they come from', async () => {
    let count = 0
    const alternating = (): string => `'nonce-${(count += 1) % 2 === 0 ? 'even' : 'odd'}'`
    const headers = createSecurityHeaders({
      ...only({ scriptSrc: [alternating] }),
      overrides: [{ path: '/other', contentSecurityPolicy: { directives: { styleSrc: [alternating] } } }],
    })
    const policies: string[] = []
    for (const url of ['/', '/', '/other', '/']) {
      const { headers: sent } = await exchange(headers, { url })
      policies.push(String(sent['content-security-policy']))
    }
    expect(policies.filter((policy) => /nonce-(?:odd|even)'/.test(policy))).toHaveLength(2)
  })

  it('one nonce may stand in several directives and policies of a response', async () => {
    let count = 0
    const seen = new WeakMap<object, string>()
    const own: CspSourceFunction = (_request, response) => {
      const value = seen.get(response) ?? `'nonce-${String((count += 1)).padStart(4, '0')}'`
      seen.set(response, value)
      return value
    }
    const headers = createSecurityHeaders({
      ...only({ scriptSrc: [own], styleSrc: [own] }),
      contentSecurityPolicyReportOnly: {},
    })
    for (const expected of ['0001', '0002']) {
      const { headers: sent } = await exchange(headers)
      const policy = `default-src 'none';script-src 'nonce-${expected}';style-src 'nonce-${expected}'`
      expect(sent['content-security-policy']).toBe(policy)
      expect(sent['content-security-policy-report-only']).toBe(policy)
    }
  })

  it('a source stands where the function is', async () => {
    const { values, logged } = await sources('img-src', ["'self'"], () => 'https://a.example')
    expect({ values, logged }).toEqual({
      values: [
        ["'self'", 'https://a.example'],
        ["'self'", 'https://a.example'],
      ],
      logged: 0,
    })
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
