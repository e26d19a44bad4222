import { describe, expect, it } from 'vitest'
import { type CspViolation, readViolation } from './csp-violation.ts'

const page = 'https://example.com/account?token=secret#part'

describe('readViolation', () => {
  it.each<[string, unknown, CspViolation | undefined]>([
    [
      'the Reporting API',
      {
        documentURL: page,
        blockedURL: 'https://evil.example/steal?q=1',
        effectiveDirective: 'script-src-elem',
        sourceFile: 'https://example.com/app.js?v=1',
        lineNumber: 12,
        disposition: 'report',
        sample: 'secret',
      },
      {
        directive: 'script-src-elem',
        blocked: 'https://evil.example',
        page: '/account',
        source: 'https://example.com/app.js',
        line: 12,
        disposition: 'report',
      },
    ],
    [
      'report-uri',
      {
        'document-uri': page,
        'blocked-uri': 'inline',
        'effective-directive': 'style-src-attr',
        'violated-directive': 'style-src-attr',
        disposition: 'enforce',
      },
      {
        directive: 'style-src-attr',
        blocked: 'inline',
        page: '/account',
        source: undefined,
        line: undefined,
        disposition: 'enforce',
      },
    ],
    [
      'an old browser',
      { 'document-uri': page, 'blocked-uri': 'data', 'violated-directive': "img-src 'self' https:" },
      {
        directive: 'img-src',
        blocked: 'data',
        page: '/account',
        source: undefined,
        line: undefined,
        disposition: 'enforce',
      },
    ],
    [
      'texts nobody means',
      {
        documentURL: 'not a url',
        blockedURL: '<script>alert(1)</script>',
        effectiveDirective: 'made-up\r\nlevel=error',
        sourceFile: '\u0000',
        lineNumber: -1,
        disposition: 'x',
      },
      {
        directive: 'other',
        blocked: 'other',
        page: 'other',
        source: undefined,
        line: undefined,
        disposition: 'enforce',
      },
    ],
    [
      'an extension',
      { effectiveDirective: 'script-src', blockedURL: 'chrome-extension://abc/x.js' },
      undefined,
    ],
    [
      'an extension’s script',
      { effectiveDirective: 'img-src', sourceFile: 'moz-extension://a/b.js' },
      undefined,
    ],
    ['no directive', { blockedURL: 'inline' }, undefined],
    ['a directive that is no text', { effectiveDirective: {} }, undefined],
    ['no object', 'csp', undefined],
    ['nothing', null, undefined],
    ['a list', [], undefined],
  ])('%s', (_name, report, expected) => {
    expect(readViolation(report)).toEqual(expected)
  })

  it('clips every text', () => {
    const long = 'a'.repeat(5000)
    const violation = readViolation({
      effectiveDirective: 'img-src',
      blockedURL: `https://${'a.'.repeat(100)}example`,
      documentURL: `https://example.com/${long}`,
      sourceFile: `https://example.com/${long}`,
    })
    expect(violation?.page).toHaveLength(200)
    expect(violation?.source).toHaveLength(200)
    expect(violation?.blocked.length).toBeLessThanOrEqual(200)
  })
})
