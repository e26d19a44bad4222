import { type ConfigProblemCode, readOptions } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../test/support/exchange.ts'
import { createOriginMatcher, type TrustedOrigin, trustedOriginsRule } from './origin-matcher.ts'

describe('matching', () => {
  it.each<[TrustedOrigin, string, boolean]>([
    ['https://a.example', 'https://a.example', true],
    ['https://a.example', 'http://a.example', false],
    ['https://a.example', 'https://a.example:8443', false],
    ['https://a.example', 'https://A.example', false],
    ['https://a.example', 'https://b.a.example', false],
    ['https://a.example', 'https://a.example.evil.example', false],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['https://*.a.example', 'https://b.a.example', true],
    ['https://*.a.example', 'https://c.b.a.example', true],
    ['https://*.a.example', 'https://a.example', false],
    ['https://*.a.example', 'https://ba.example', false],
    ['https://*.a.example', 'https://b.a.example:8443', false],
    ['https://*.a.example', 'http://b.a.example', false],
    ['https://*.a.example', 'https://.a.example', false],
    ['https://*.a.example', 'https://b..a.example', false],
    ['https://*.a.example', 'https://evil.example/.a.example', false],
    ['https://*.a.example', 'https://evil.example#.a.example', false],
    ['https://*.a.example', 'https://evil.example:1.a.example', false],
    ['https://*.a.example', 'https://*.a.example', false],
    ['https://*.a.example', 'https://bxaxexample', false],
    ['http://*.localhost:3000', 'http://app.localhost:3000', true],
    [/^https:\/\/pr-\d+\.a\.example$/, 'https://pr-7.a.example', true],
    [/^https:\/\/pr-\d+\.a\.example$/, 'https://pr-x.a.example', false],
    [/^https:\/\/.*\.a\.example$/, 'https://evil.example/.a.example', false],
    [/^(?:null|https:\/\/a\.example\.com)$/, 'null', false],
    [/^[\s\S]*\.example\.com$/, 'https://a.example.com\r\nX: y.example.com', false],
    [/^.*\.example\.com$/, `https://${'a'.repeat(400)}.example.com`, false],
  ])('%s with %s: %s', (entry, origin, expected) => {
    const matches = createOriginMatcher(readOptions('trusted', [entry], trustedOriginsRule))
    expect(matches(origin)).toBe(expected)
    expect(matches(origin), 'the answer is the same every time').toBe(expected)
  })
})

describe('refused', () => {
  it.each<[unknown, ConfigProblemCode, string?]>([
    ['*', 'ALFRED_CONFIG_UNSAFE'],
    ['null', 'ALFRED_CONFIG_UNSAFE'],
    ['', 'ALFRED_CONFIG_WRONG_TYPE'],
    [true, 'ALFRED_CONFIG_WRONG_TYPE'],
    ['a.example', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://a.example/', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://a.example/path', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://a.example?a=b', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://a.example#a', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://user@a.example', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://a.example:443', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://A.example', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://a.example'],
    ['https://ex ample.com', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://bücher.example', 'ALFRED_CONFIG_OUT_OF_RANGE', 'https://xn--bcher-kva.example'],
    ['https://*', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['*.a.example', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://*.com', 'ALFRED_CONFIG_UNSAFE'],
    ['https://a.*.example', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://*.*.example', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://*a.example', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://*.a.example/', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    ['https://*.a.example:443', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [/^https:\/\/a\.example$/g, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example$/y, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example$/m, 'ALFRED_CONFIG_UNSAFE'],
    [/a\.example/, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example/, 'ALFRED_CONFIG_UNSAFE'],
    [/a\.example$/, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example\$/, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example[$]/, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a\.example$|^https:\/\/b\.example$/, 'ALFRED_CONFIG_UNSAFE'],
    [/^https:\/\/a.example$/, 'ALFRED_CONFIG_UNSAFE'],
  ])('%s', (entry, code, suggestion) => {
    const problems = problemsOf(() => readOptions('trusted', [entry], trustedOriginsRule))
    expect(problems[0]).toMatchObject({ path: 'trusted[0]', code })
    expect(problems[0]?.suggestion).toBe(suggestion)
  })

  it.each([/^https:\/\/(?:a|b)\.example$/, /^https:\/\/[a.|$]+\.example$/, /^https:\/\/.+\.a\.example$/i])(
    'accepts %s',
    (entry) => {
      expect(problemsOf(() => readOptions('trusted', [entry], trustedOriginsRule))).toEqual([])
    },
  )
})
