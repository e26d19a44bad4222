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
    const long = 'words-'.repeat(1000)
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

it.each([
  ['/account', '/account'],
  ['/users/1234567890123', '/users/1234567890123'],
  ['/2026-11-30-the-article-of-the-day', '/2026-11-30-the-article-of-the-day'],
  ['/reset/8f14e45fceea167a5a36dedd4bea2543', '/reset/…'],
  ['/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc/confirm', '/reset/…/confirm'],
  ['/join/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/join/…'],
  ['/join/AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEf', '/join/…'],
  ['/join/q7Xp-9ZkL2mN4bV8c', '/join/…'],
])('the page %s is told as %s', (path, expected) => {
  const violation = readViolation({
    documentURL: `https://example.com${path}`,
    sourceFile: `https://example.com${path}`,
    effectiveDirective: 'script-src',
    blockedURL: 'inline',
  })
  expect(violation).toMatchObject({ page: expected, source: `https://example.com${expected}` })
})

it('the digest in the name of a file is told', () => {
  const sourceFile = 'https://example.com/assets/index-4f3a9c1b2d3e4f5a6b7c.js'
  expect(readViolation({ effectiveDirective: 'script-src', sourceFile })?.source).toBe(sourceFile)
})
