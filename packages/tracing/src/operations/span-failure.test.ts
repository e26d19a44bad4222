import { expect, it } from 'vitest'
import { errorType } from './span-failure.ts'

const named = (name: string, code?: unknown): Error => Object.assign(new Error('secret'), { name, code })

it.each([
  ['a code', named('Error', 'ECONNREFUSED'), 'ECONNREFUSED'],
  ['the shortest code', named('Error', 'E1'), 'E1'],
  ['a code of one letter', named('Error', 'E'), 'Error'],
  ['the longest code', named('Error', `E${'X'.repeat(63)}`), `E${'X'.repeat(63)}`],
  ['a code that is too long', named('Error', `E${'X'.repeat(64)}`), 'Error'],
  ['text before a code', named('Error', 'user ada E1'), 'Error'],
  ['text behind a code', named('Error', 'E1 of user ada'), 'Error'],
  ['a code that is no text', named('Error', 7), 'Error'],
  ['a name', named('Http2Error'), 'Http2Error'],
  ['a name with a dot', named('Prisma.KnownError'), 'Prisma.KnownError'],
  ['the longest name', named(`N${'x'.repeat(63)}`), `N${'x'.repeat(63)}`],
  ['a name that is too long', named(`N${'x'.repeat(64)}`), '_OTHER'],
  ['text before a name', named('user ada: Error'), '_OTHER'],
  ['text behind a name', named('Error: user ada'), '_OTHER'],
  ['no name', named(''), '_OTHER'],
  ['what is no error', 'user ada', '_OTHER'],
  ['undefined', undefined, '_OTHER'],
])('names an error by %s', (_what, error, expected) => {
  expect(errorType(error)).toBe(expected)
})
