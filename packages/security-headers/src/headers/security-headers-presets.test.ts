import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { createSecurityHeaders } from './security-headers.ts'
import { type SecurityHeadersPreset, securityHeadersPresets } from './security-headers-presets.ts'

const names = Object.keys(securityHeadersPresets) as SecurityHeadersPreset[]

describe.each(names)('the preset %s', (preset) => {
  it('is plain data', () => {
    const settings = securityHeadersPresets[preset]
    expect(structuredClone(settings)).toEqual(settings)
    expect(JSON.parse(JSON.stringify(settings))).toEqual(settings)
  })

  it('is the same as its settings given as options', async () => {
    const mask = (value: unknown): string => String(value).replace(/'nonce-[^']+'/g, "'nonce-…'")
    const [named, spelled] = await Promise.all([
      exchange(createSecurityHeaders({ preset }), { tls: true }),
      exchange(createSecurityHeaders(securityHeadersPresets[preset]), { tls: true }),
    ])
    expect(Object.entries(named.headers).map(([name, value]) => [name, mask(value)])).toEqual(
      Object.entries(spelled.headers).map(([name, value]) => [name, mask(value)]),
    )
  })

  it('confines what an injected element can do', async () => {
    const { headers } = await exchange(createSecurityHeaders({ preset }), { tls: true })
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/default-src '(?:none|self)'/)
    expect(policy).toContain("base-uri 'none'")
    expect(policy).toMatch(/form-action '(?:none|self)'/)
    expect(policy).toMatch(/frame-ancestors '(?:none|self)'/)
    expect(policy).toMatch(/object-src 'none'|default-src 'none'/)
    expect(policy).not.toContain('unsafe-eval')
    expect(headers['strict-transport-security']).not.toContain('preload')
  })
})

it('changes one directive of a preset and keeps the rest', async () => {
  const { headers } = await exchange(
    createSecurityHeaders({
      preset: 'api',
      contentSecurityPolicy: { directives: { imgSrc: ["'self'"], formAction: null } },
    }),
  )
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';base-uri 'none';frame-ancestors 'none';img-src 'self'",
  )
})
