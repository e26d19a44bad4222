import { expect, it } from 'vitest'
import { AlfredError, isAlfredError } from './alfred-error.ts'
import { AlfredConfigError } from './config-error.ts'

it('keeps the code and the cause', () => {
  const cause = new Error('refused')
  const error = new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The store does not answer.', { cause })
  expect(error).toMatchObject({ name: 'AlfredError', code: 'ALFRED_STORE_UNAVAILABLE', cause })
})

it.each([
  ['an AlfredError', new AlfredError('ALFRED_STORE_TIMEOUT', 'late'), true],
  ['a subclass', new AlfredConfigError([]), true],
  [
    'an error of another installed copy',
    Object.defineProperty(new Error('late'), Symbol.for('alfred.error'), { value: true }),
    true,
  ],
  ['another error', new Error('late'), false],
  ['an object with a code', { code: 'ALFRED_STORE_TIMEOUT' }, false],
  ['undefined', undefined, false],
])('recognises %s', (_what, value, expected) => {
  expect(isAlfredError(value)).toBe(expected)
})
