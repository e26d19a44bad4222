import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { runDetached } from './run-detached.ts'

const failure = new Error('broken')

it.each([
  ['nothing', () => undefined, []],
  ['a promise', () => Promise.resolve(1), []],
  [
    'a throw',
    () => {
      throw failure
    },
    [failure],
  ],
  ['a rejection', () => Promise.reject(failure), [failure]],
  [
    'a thenable that rejects',
    () => ({
      then: (_: unknown, reject: (error: unknown) => void) => {
        reject(failure)
      },
    }),
    [failure],
  ],
  [
    'a thenable that throws',
    () => ({
      then: () => {
        throw failure
      },
    }),
    [failure],
  ],
])('%s', async (_name, call: () => unknown, expected) => {
  const failed = vi.fn()
  runDetached(call, failed)
  await setImmediate()
  expect(failed.mock.calls.flat()).toEqual(expected)
})
