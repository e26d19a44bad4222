import { expect, it } from 'vitest'
import { describeErrors } from './describe-error.ts'
import { createRedactor } from './redaction.ts'

const messagesOf = (error: unknown): readonly string[] =>
  describeErrors(error, createRedactor()).map(({ message }) => message)

const numbered = (count: number) => Array.from({ length: count }, (_none, index) => new Error(String(index)))

it.each<[string, unknown, readonly string[]]>([
  ['an error', new Error('one'), ['one']],
  [
    'its causes',
    new Error('one', { cause: new Error('two', { cause: new Error('three') }) }),
    ['one', 'two', 'three'],
  ],
  [
    'the errors of an AggregateError',
    new AggregateError([new Error('no route to ::1'), new Error('refused by 127.0.0.1')], 'all failed'),
    ['all failed', 'no route to ::1', 'refused by 127.0.0.1'],
  ],
  ['five of many', new AggregateError(numbered(9), 'all'), ['all', '0', '1', '2', '3', '4']],
])('describes %s', (_what, error, expected) => {
  expect(messagesOf(error)).toEqual(expected)
})
