import { minCpuMs } from '@alfred/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findJsonFault, type JsonFault } from './json-fault.ts'

const limits = { maxDepth: 3, maxKeys: 4, maxArrayLength: 3 }
const generous = { maxDepth: 1000, maxKeys: 100_000, maxArrayLength: 100_000 }

it.each<[string, JsonFault | undefined]>([
  ['{}', undefined],
  ['[]', undefined],
  ['"text"', undefined],
  ['{"a":{"b":{}}}', undefined],
  ['{"a":{"b":{"c":{}}}}', 'too-deep'],
  ['[[[[]]]]', 'too-deep'],
  ['[1,2,3]', undefined],
  ['[1,2,3,4]', 'array-too-long'],
  ['[[1,2,3],[1,2,3]]', undefined],
  ['{"a":1,"b":2,"c":3,"d":4}', undefined],
  ['{"a":1,"b":2,"c":3,"d":4,"e":5}', 'too-many-keys'],
  ['[{"a":1},{"a":1},{"a":1}]', undefined],
  ['{"a":1,"a":2}', 'duplicate-key'],
  ['{"a":1,"b":2,"a":3}', 'duplicate-key'],
  ['{"":1,"":2}', 'duplicate-key'],
  ['{"a":1,"\\u0061":2}', 'duplicate-key'],
  ['{"a":{"a":1}}', undefined],
  ['{"__proto__":1}', 'forbidden-key'],
  ['{"\\u005f_proto__":1}', 'forbidden-key'],
  ['{"a":{"constructor":{"prototype":{}}}}', 'forbidden-key'],
  ['{"constructor":{"a":[1],"prototype":{}}}', 'forbidden-key'],
  ['{"a":1,"\\u0063onstructor":{"prototype":1}}', 'forbidden-key'],
  ['{"prototype":1}', undefined],
  ['{"constructor":{"name":"Ferrari"}}', undefined],
  ['{"constructor":"prototype","a":{"prototype":1}}', undefined],
  ['{"constructor":[{"prototype":1}]}', undefined],
  ['{"constructor":{"name":{"prototype":1}}}', undefined],
  ['{"a":"__proto__"}', undefined],
  ['["__proto__","constructor"]', undefined],
  ['{"a":"\\\\","b":"}]"}', undefined],
  ['{"a":"\\\\\\"[[[[[["}', undefined],
  ['{"a":"[[[[[[{{{{"}', undefined],
  ['{"a":"unclosed', 'malformed'],
  ['{"a":"\\"', 'malformed'],
  ['{"\\x":1}', 'malformed'],
  ['[1}', 'malformed'],
  ['{"a":1', 'malformed'],
  ['1,2', 'malformed'],
  [']', 'malformed'],
])('%s → %s', (text, fault) => {
  expect(findJsonFault(text, limits)).toBe(fault)
})

/** The slow and obvious reading of a parsed value. */
function measure(value: unknown, depth = 0): { depth: number; keys: number; longest: number } {
  if (typeof value !== 'object' || value === null) return { depth, keys: 0, longest: 0 }
  const children = Object.values(value).map((child) => measure(child, depth + 1))
  return {
    depth: Math.max(depth + 1, ...children.map((child) => child.depth)),
    keys: children.reduce((sum, child) => sum + child.keys, Array.isArray(value) ? 0 : children.length),
    longest: Math.max(Array.isArray(value) ? value.length : 0, 0, ...children.map((child) => child.longest)),
  }
}

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'prototype'))
const json = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue({ maxDepth: 2 }),
      fc.dictionary(name, tie('value')),
      fc.array(tie('value')),
    ),
  }))
  .value.map((value) => JSON.stringify(value, null, 1))

function hasForbiddenKey(value: unknown, isConstructor = false): boolean {
  if (typeof value !== 'object' || value === null) return false
  const entries = Array.isArray(value)
    ? value.map((each: unknown) => ['', each] as const)
    : Object.entries(value)
  return entries.some(
    ([key, child]) =>
      key === '__proto__' ||
      (isConstructor && key === 'prototype') ||
      hasForbiddenKey(child, key === 'constructor'),
  )
}

describe('against JSON.parse', () => {
  it('accepts what is within the limits and nothing beyond', () => {
    fc.assert(
      fc.property(json, (text) => {
        const value: unknown = JSON.parse(text)
        if (hasForbiddenKey(value)) {
          expect(findJsonFault(text, generous)).toBe('forbidden-key')
          return
        }
        const { depth, keys, longest } = measure(value)
        const exact = { maxDepth: depth, maxKeys: keys, maxArrayLength: longest }
        expect(findJsonFault(text, exact)).toBeUndefined()
        if (depth > 0) expect(findJsonFault(text, { ...exact, maxDepth: depth - 1 })).toBe('too-deep')
        if (keys > 0) expect(findJsonFault(text, { ...exact, maxKeys: keys - 1 })).toBe('too-many-keys')
        if (longest > 1) {
          expect(findJsonFault(text, { ...exact, maxArrayLength: longest - 1 })).toBe('array-too-long')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '1', '\\u0061', ' ')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('')
        const fault = findJsonFault(text, generous)
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        if (isJson) expect(['duplicate-key', undefined]).toContain(fault)
      }),
      { numRuns: 2000 },
    )
  })
})

it.each([
  ['brackets', '['.repeat(500_000)],
  ['escaped quotes', `{"a":"${'\\"'.repeat(500_000)}"}`],
  ['backslashes', `{"a":"${'\\\\'.repeat(500_000)}"}`],
  ['an unclosed string of escaped quotes', `{"a":"${'\\"'.repeat(500_000)}`],
  ['escaped keys', `[${'{"\\u0061":1},'.repeat(50_000)}{}]`],
])('takes linear time on %s', (_name, text) => {
  // A megabyte takes some ten milliseconds; anything quadratic takes minutes.
  expect(minCpuMs(() => findJsonFault(text, generous))).toBeLessThan(1000)
})
