import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { createNonceSource, nonce } from './nonce.ts'
import { createSecurityHeaders } from '../headers/security-headers.ts'

it('makes 128 bits each time and never the same twice', () => {
  const create = createNonceSource()
  const made = Array.from({ length: 1000 }, create)
  expect(new Set(made).size).toBe(1000)
  for (const value of made) {
    expect(value).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(Buffer.from(value, 'base64')).toHaveLength(16)
  }
})

describe('nonce', () => {
  const headers = createSecurityHeaders({
    contentSecurityPolicy: { directives: { scriptSrc: ["'nonce'"], styleSrc: ["'self'", "'nonce'"] } },
    contentSecurityPolicyReportOnly: { directives: { scriptSrc: ["'nonce'", "'strict-dynamic'"] } },
    reportingEndpoints: { csp: '/csp-reports' },
  })

  it('is the one that every policy of the response names', async () => {
    const { headers: sent, response } = await exchange(headers)
    const value = nonce(response) ?? ''
    expect(value).toMatch(/^.{22}==$/)
    expect(sent['content-security-policy']).toContain(`script-src 'nonce-${value}';`)
    expect(sent['content-security-policy']).toContain(`style-src 'self' 'nonce-${value}'`)
    expect(sent['content-security-policy-report-only']).toContain(
      `script-src 'nonce-${value}' 'strict-dynamic'`,
    )
  })

  it('differs between responses', async () => {
    const [one, two] = await Promise.all([exchange(headers), exchange(headers)])
    expect(nonce(one.response)).not.toBe(nonce(two.response))
  })

  it('is undefined where the policy asks for none', async () => {
    const { response } = await exchange(createSecurityHeaders())
    expect(nonce(response)).toBeUndefined()
    expect(response.hasHeader('cache-control')).toBe(false)
  })

  it.each<[string | undefined, string]>([
    [undefined, 'no-store'],
    ['private, no-cache', 'private, no-cache'],
  ])('keeps the page out of caches: %s becomes %s', async (set, expected) => {
    const { response } = await exchange(headers)
    if (set !== undefined) response.setHeader('Cache-Control', set)
    expect(response.hasHeader('cache-control')).toBe(set !== undefined)
    nonce(response)
    expect(response.getHeader('cache-control')).toBe(expected)
  })
})
