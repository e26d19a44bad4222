import { expect, it } from 'vitest'
import { AlfredError } from './alfred-error.ts'
import { AlfredConfigError, collectConfigProblems, type ConfigProblem } from './config-error.ts'

const problem: ConfigProblem = { path: 'a.b', code: 'ALFRED_CONFIG_MISSING', message: 'is required.' }

const throwing = (error: Error) => (): string => {
  throw error
}

it.each([
  ['a configuration error', new AlfredConfigError([problem])],
  [
    'one of another installed copy',
    Object.assign(Object.defineProperty(new Error('no'), Symbol.for('alfred.error'), { value: true }), {
      problems: [problem],
    }),
  ],
])('collects the problems of %s', (_what, error) => {
  const problems: ConfigProblem[] = []
  expect(collectConfigProblems(problems, throwing(error))).toBeUndefined()
  expect(problems).toEqual([problem])
})

it.each([
  ['another error of ours', new AlfredError('ALFRED_STORE_TIMEOUT', 'late')],
  ['an error that only has problems', Object.assign(new Error('no'), { problems: [problem] })],
])('passes %s on', (_what, error) => {
  const problems: ConfigProblem[] = []
  expect(() => collectConfigProblems(problems, throwing(error))).toThrow(error)
  expect(problems).toEqual([])
})
