import { expect, it } from 'vitest'
import { asError } from './as-error.ts'

it('is the error itself', () => {
  const error = new RangeError('too far')
  expect(asError(error)).toBe(error)
})

it.each([
  [undefined, 'Something failed without an error.'],
  [null, 'Something failed without an error.'],
  [0, '0'],
  ['', ''],
  ['route', 'route'],
  [false, 'false'],
  [Symbol('a'), 'Symbol(a)'],
  [Object.create(null), 'A value that is not an error was thrown.'],
  [
    {
      toString() {
        throw new Error('no text')
      },
    },
    'A value that is not an error was thrown.',
  ],
])('wraps %o', (thrown: unknown, message) => {
  const error = asError(thrown)
  expect(error).toBeInstanceOf(Error)
  expect([error.message, error.cause]).toEqual([message, thrown])
})

it('wraps what cannot be looked at', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(asError(proxy).message).toBe('A value that cannot be inspected was thrown.')
})
