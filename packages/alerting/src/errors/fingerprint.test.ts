import { expect, it } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'
import type { StackFrame } from './stack-frames.ts'

const frame = (name: string, line = 1, file = 'app.js'): StackFrame => ({
  function: name,
  file,
  line,
  column: 1,
  inApp: !file.startsWith('node_modules'),
})
const error = { type: 'TypeError', code: undefined, message: 'user 17 is gone' }
const base = fingerprintOf(error, [frame('load'), frame('serve')])

it.each([
  ['another line', fingerprintOf(error, [frame('load', 9), frame('serve')]), true],
  ['another message', fingerprintOf({ ...error, message: 'other' }, [frame('load'), frame('serve')]), true],
  [
    'frames of a dependency between',
    fingerprintOf(error, [frame('load'), frame('next', 1, 'node_modules/router/index.js'), frame('serve')]),
    true,
  ],
  ['another function', fingerprintOf(error, [frame('save'), frame('serve')]), false],
  ['another class', fingerprintOf({ ...error, type: 'RangeError' }, [frame('load'), frame('serve')]), false],
  ['another code', fingerprintOf({ ...error, code: 'ECONNRESET' }, [frame('load'), frame('serve')]), false],
])('with %s', (_what, other, same) => {
  expect(other === base).toBe(same)
})

it('goes by the message without a stack, and not by what varies in it', () => {
  expect(fingerprintOf({ ...error, message: 'user 18 is gone' }, [])).toBe(fingerprintOf(error, []))
  expect(fingerprintOf({ ...error, message: 'user is back' }, [])).not.toBe(fingerprintOf(error, []))
})
