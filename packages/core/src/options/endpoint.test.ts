import { expect, it } from 'vitest'
import { endpointCollisions } from './endpoint.ts'

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
