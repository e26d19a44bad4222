import { expect, it } from 'vitest'
import { structuredString } from './structured-string.ts'

it.each([
  ['api', '"api"'],
  ['two words', '"two words"'],
  ['a"b', '"a\\"b"'],
  ['a\\b', '"a\\\\b"'],
  ['";q=1', '"\\";q=1"'],
])('%s → %s', (text, expected) => {
  expect(structuredString(text)).toBe(expected)
})
