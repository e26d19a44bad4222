import { expect, it } from 'vitest'
import { requireBeside, requirePackages } from './optional-packages.ts'

const from = import.meta.url

it.each<[string, readonly string[], string]>([
  ['one', ['not-there'], 'a.b: needs not-there, which is not installed: npm install not-there'],
  [
    'several beside one that is there',
    ['not-there', 'ioredis', '@not/there'],
    'a.b: needs not-there and @not/there, which are not installed: npm install not-there @not/there',
  ],
])('names the command that installs what is missing: %s', (_what, names, message) => {
  expect(() => {
    requirePackages({ names, from, option: 'a.b' })
  }).toThrow(message)
})

it('accepts what is installed, and builtins', () => {
  expect(() => {
    requirePackages({ names: ['ioredis', 'node:fs'], from, option: 'a.b' })
  }).not.toThrow()
})

it('looks beside the program where a bundle knows no place of its own', () => {
  expect(requireBeside(undefined)('node:path')).toBe(requireBeside(from)('node:path'))
})
