import { describe, expect, it } from 'vitest'
import { policyItem } from './quota-fields.ts'
import { structuredString } from './structured-string.ts'

describe('structuredString', () => {
  it.each([
    ['api', '"api"'],
    ['two words', '"two words"'],
    ['a"b', '"a\\"b"'],
    ['a\\b', '"a\\\\b"'],
    ['";q=1', '"\\";q=1"'],
  ])('%s → %s', (text, expected) => {
    expect(structuredString(text)).toBe(expected)
  })
})

describe('policyItem', () => {
  it.each([
    ['whole seconds', { name: 'api', limit: 100, windowMs: 900_000 }, '"api";q=100;w=900'],
    ['a window below a second', { name: 'fast', limit: 5, windowMs: 200 }, '"fast";q=5;w=1'],
    ['a part of a second, rounded up', { name: 'a"b', limit: 5, windowMs: 1500 }, '"a\\"b";q=5;w=2'],
  ])('%s', (_what, policy, expected) => {
    expect(policyItem(policy)).toBe(expected)
  })
})
