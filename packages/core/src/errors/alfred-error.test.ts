import { expect, it } from 'vitest'
import { AlfredError, isAlfredError } from './alfred-error.ts'
import { AlfredConfigError } from './config-error.ts'

it('keeps the code, the details and the cause', () => {
  const cause = new Error('refused')
  const details = { store: 'vault' }
  const error = new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The store does not answer.', details, { cause })
  expect(error).toMatchObject({ name: 'AlfredError', code: 'ALFRED_STORE_UNAVAILABLE', details, cause })
})

const late = new AlfredError('ALFRED_STORE_TIMEOUT', 'late', { store: 'vault', timeoutMs: 5000 })
const fromAnotherCopy = Object.defineProperty(
  Object.assign(new Error('late'), { code: 'ALFRED_STORE_TIMEOUT', details: {} }),
  Symbol.for('alfred.error'),
  { value: true },
)

it.each([
  ['an AlfredError', late, true],
  ['a subclass', new AlfredConfigError([]), true],
  ['an error of another installed copy', fromAnotherCopy, true],
  ['another error', new Error('late'), false],
  ['an object with a code', { code: 'ALFRED_STORE_TIMEOUT' }, false],
  ['undefined', undefined, false],
])('recognises %s', (_what, value, expected) => {
  expect(isAlfredError(value)).toBe(expected)
})

it.each([
  ['the code', late, ['ALFRED_STORE_TIMEOUT'], true],
  ['one of two codes', late, ['ALFRED_STORE_UNAVAILABLE', 'ALFRED_STORE_TIMEOUT'], true],
  ['the code in another installed copy', fromAnotherCopy, ['ALFRED_STORE_TIMEOUT'], true],
  ['another code', late, ['ALFRED_STORE_UNAVAILABLE'], false],
  ['the code, without the marker', Object.assign(new Error('late'), { code: late.code }), [late.code], false],
] as const)('recognises %s', (_what, value, codes, expected) => {
  expect(isAlfredError(value, ...codes)).toBe(expected)
})
