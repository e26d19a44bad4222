import { expect, it } from 'vitest'
import { readIdentity } from './read-identity.ts'

it.each([
  ['a string', 'u1', 'u1'],
  ['a number', 42, '42'],
  ['zero', 0, '0'],
  ['nothing', undefined, undefined],
  ['null', null, undefined],
  ['an empty string', '', undefined],
])('reads %s', (_name, answer, expected) => {
  expect(readIdentity('identify', answer)).toBe(expected)
})

it.each([
  [NaN],
  [Infinity],
  [true],
  [{}],
  [['u1']],
  [Symbol('u1')],
  [10n],
  [() => 'u1'],
  [Promise.resolve('u1')],
])('refuses %s', (answer) => {
  expect(() => readIdentity('identify', answer)).toThrow(/^identify must return a string/)
})
