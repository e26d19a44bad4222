import { expect, it } from 'vitest'
import { AlfredError } from './alfred-error.ts'
import { AlfredConfigError, collectConfigProblems } from './config-error.ts'
import type { ConfigProblem } from './config-problem.ts'

const problem: ConfigProblem = { path: 'a.b', code: 'ALFRED_CONFIG_MISSING', message: 'is required.' }

const throwing = (error: Error) => (): string => {
  throw error
}

it.each([
  ['a configuration error', new AlfredConfigError([problem])],
  [
    'one of another installed copy',
    Object.assign(Object.defineProperty(new Error('no'), Symbol.for('alfred.error'), { value: true }), {
      code: 'ALFRED_CONFIG_INVALID',
      details: { problems: [problem] },
    }),
  ],
])('collects the problems of %s', (_what, error) => {
  const problems: ConfigProblem[] = []
  expect(collectConfigProblems(problems, throwing(error))).toBeUndefined()
  expect(problems).toEqual([problem])
})

it.each([
  ['another error of ours', new AlfredError('ALFRED_VAULT_NOT_READY', 'early', {})],
  ['an error that only has problems', Object.assign(new Error('no'), { problems: [problem] })],
])('passes %s on', (_what, error) => {
  const problems: ConfigProblem[] = []
  expect(() => collectConfigProblems(problems, throwing(error))).toThrow(error)
  expect(problems).toEqual([])
})
