import { minCpuMs } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createRedactor } from './redaction.ts'

const redactor = createRedactor({ keys: ['customerNumber'], patterns: [/\bKD-\d{6}\b/] })

it.each([
  ['a bearer token', 'Authorization: Bearer abc.def-123', 'Authorization: [redacted]'],
  [
    'an OpenAI key',
    'Incorrect API key provided: sk-proj-abc123DEF456',
    'Incorrect API key provided: [redacted]',
  ],
  ['a GitHub token', 'ghp_0123456789abcdefghij', '[redacted]'],
  ['an AWS key id', 'key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
  ['a password in a URL', 'postgres://alfred:hunter2@db:5432/alfred', 'postgres://[redacted]@db:5432/alfred'],
  ['a user in a URL', 'redis://hunter2@cache', 'redis://[redacted]@cache'],
  ['an assignment', 'password=hunter2 user=alfred', 'password=[redacted] user=alfred'],
  ['JSON', '{"apiKey": "hunter2", "a": 1}', '{"apiKey": "[redacted]", "a": 1}'],
  ['a query', '/callback?token=hunter2&page=2', '/callback?token=[redacted]&page=2'],
  ['a JWT', 'eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM', '[redacted]'],
  ['something long and random', 'id 0123456789abcdef0123456789abcdef01234567', 'id [redacted]'],
  ['an e-mail address', 'no user ada@example.com here', 'no user [e-mail] here'],
  ['a PEM block', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '[redacted]'],
  ['a pattern of the user', 'customer KD-123456', 'customer [redacted]'],
  ['a pattern of the user, each time', 'KD-123456 and KD-654321', '[redacted] and [redacted]'],
  ['nothing else', 'connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'],
  ['no ordinary code', 'Map<string, number> at line 12', 'Map<string, number> at line 12'],
])('takes out of texts: %s', (_what, given, expected) => {
  expect(redactor.text(given)).toBe(expected)
})

it('takes members out by their names, and copies only plain data', () => {
  const circular: Record<string, unknown> = { name: 'ada@example.com' }
  circular['self'] = circular
  expect(
    redactor.value({
      apiKey: 'hunter2',
      CustomerNumber: 7,
      nested: { Authorization: 'x', list: [1, 'sk-0123456789'], when: new Date(0) },
      error: new Error('password=hunter2'),
      instance: new Map([['secret', 'hunter2']]),
      call: () => 'hunter2',
      large: 1n,
    }),
  ).toEqual({
    apiKey: '[redacted]',
    CustomerNumber: '[redacted]',
    nested: { Authorization: '[redacted]', list: [1, '[redacted]'], when: '1970-01-01T00:00:00.000Z' },
    error: 'Error: password=[redacted]',
    instance: '[object]',
    call: '[function]',
    large: '1',
  })
  expect(JSON.stringify(redactor.value(circular))).toContain('[cut off]')
})

it.each([
  ['word characters', 'a'],
  ['dots', '.'],
  ['signs of an address', '@a.'],
  ['assignments', 'token='],
  ['dashes', '-----BEGIN A'],
  ['escapes', '://a'],
])('is done with a megabyte of %s at once', (_what, piece) => {
  const text = piece.repeat(1_000_000 / piece.length)
  expect(minCpuMs(() => redactor.text(text))).toBeLessThan(1_000)
})

it('ends lists that hold themselves', () => {
  const list: unknown[] = [1]
  list.push(list)
  expect(redactor.value(list)).toEqual([1, [1, [1, [1, [1, '[cut off]']]]]])
})

it.each([49, 50, 51])('keeps of %d members and elements 50 at most', (count) => {
  const numbers = Array.from({ length: count }, (_, index) => index)
  const kept = numbers.slice(0, 50)
  expect(redactor.value(numbers)).toEqual(kept)
  const named = (from: readonly number[]) =>
    Object.fromEntries(from.map((index) => [`m${String(index)}`, index]))
  expect(redactor.value(named(numbers))).toEqual(named(kept))
})

it.each([
  [4096, 'x'.repeat(4096)],
  [4097, `${'x'.repeat(4096)}…`],
])('cuts a text of %d characters behind 4096', (length, expected) => {
  // Spaces keep it from being taken for a token.
  const spaced = (text: string): string => text.replaceAll('xx', 'x ')
  expect(redactor.text(spaced('x'.repeat(length)))).toBe(
    spaced(expected.slice(0, 4096)) + expected.slice(4096),
  )
})

const url = 'postgres://app:Tr0ub4dor-hunter2@db/app'

it.each([
  ['a URL', url],
  ['a JSON', `{"password":"Tr0ub4dor-hunter2"}`],
  ['a key', 'sk-proj-Tr0ub4dor-hunter2'],
])('leaks no half of %s that it cuts', (_what, secret) => {
  for (const at of [4096, 5120]) {
    for (let part = 1; part < secret.length; part += 1) {
      const before = 'x '.repeat((at - part) / 2).padEnd(at - part)
      expect(redactor.text(`${before}${secret} and on`)).not.toContain('Tr0u')
    }
  }
})

it('leaks no half of a secret though what stands before it shrinks', () => {
  const shrinking = `password="${'x '.repeat(2000)}" `
  for (const at of [4096, 5120]) {
    for (let part = 1; part < url.length; part += 1) {
      expect(redactor.text(`${shrinking.padEnd(at - part)}${url} and on`)).not.toContain('Tr0u')
    }
  }
})
