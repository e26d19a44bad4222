import { expect, it } from 'vitest'
import { endpointCollisions, endpointPathRule } from './endpoint.ts'
import { inspectOptions } from './read-options.ts'

it.each<[unknown, string | undefined]>([
  ['/livez', undefined],
  ['/', undefined],
  ['/a.b/c_d~e:f@g;h=1/', undefined],
  ['livez', 'must be a path'],
  ['/a?b', 'must be a path'],
  ['/a#b', 'must be a path'],
  [5, 'must be a'],
  ['/l\u00e4uft', 'must be visible ASCII'],
  ['/a b', 'must be visible ASCII'],
  ['/%61', 'must be without %'],
  ['/a/../b', 'must be without the segments'],
  ['/a/.', 'must be without the segments'],
  ['/a//b', 'must be without \\'],
  ['/a\\b', 'must be without \\'],
  ['/:a', 'must be one path'],
  ['/a/*', 'must be one path'],
  ['/{a}', 'must be one path'],
])('an endpoint at %j: %s', (path, expected) => {
  const { value, problems } = inspectOptions('', path, endpointPathRule)
  const [problem] = problems
  expect(problem?.message.slice(0, expected?.length)).toBe(expected)
  expect(value).toBe(expected === undefined ? path : undefined)
})

it.each<[string, readonly [option: string, path: string, isDefault?: boolean][], readonly string[]]>([
  [
    'different paths',
    [
      ['a', '/a'],
      ['b', '/ab'],
    ],
    [],
  ],
  [
    'one path',
    [
      ['a', '/x'],
      ['b', '/x'],
    ],
    ['b: must differ from a: one path has one answer.'],
  ],
  [
    'another case',
    [
      ['a', '/x'],
      ['b', '/X/'],
    ],
    ['b: must differ from a: one path has one answer.'],
  ],
  [
    'a default, which is not reported',
    [
      ['a', '/x'],
      ['b', '/x', true],
    ],
    ['a: must differ from b: one path has one answer.'],
  ],
  [
    'three',
    [
      ['a', '/x'],
      ['b', '/x'],
      ['c', '/x'],
    ],
    ['b: must differ from a: one path has one answer.', 'c: must differ from a: one path has one answer.'],
  ],
])('compares %s', (_what, given, expected) => {
  const endpoints = given.map(([option, path, isDefault = false]) => ({ option, path, isDefault }))
  expect(endpointCollisions(endpoints).map(({ path, message }) => `${path}: ${message}`)).toEqual(expected)
})
