import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isThenable } from './is-thenable.ts'

describe('isThenable', () => {
  it.each([
    ['a promise', Promise.resolve(), true],
    ['a promise of another realm', runInNewContext('Promise.resolve()'), true],
    ['an object with then()', { then: () => undefined }, true],
    ['a function with then()', Object.assign(() => undefined, { then: () => undefined }), true],
    ['an object whose then is no function', { then: 1 }, false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['a string', 'then', false],
    ['a number', 1, false],
  ])('%s', (_name, value: unknown, expected) => {
    expect(isThenable(value)).toBe(expected)
  })
})
