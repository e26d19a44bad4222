import { expect, it } from 'vitest'
import { findBannedWords } from './banned-words.ts'

it.each([
  ['a bound', 'const mostKeys = 1'],
  ['a bound alone', 'let longest = 0'],
  ['a participle as a noun', 'function read(given: string) {}'],
  ['a member', 'interface Entry { readonly place: number }'],
  ['a private member', 'class Entry { #place = 1 }'],
  ['a type', 'type VaultPlace = string'],
  ['what is destructured', 'const { at: place } = entry'],
  ['an error', "throw new Error('Other writers came first.')"],
  ['a log message', 'logger.warn({}, `${name} stands still`)'],
])('finds %s', (_what, source) => {
  expect(findBannedWords('packages/a/src/a.ts', source)).toHaveLength(1)
})

it.each(['most-keys.ts', 'vault-places.ts', 'told.ts'])('finds the file %s', (name) => {
  expect(findBannedWords(`packages/a/src/${name}`, '')).toHaveLength(1)
})

it.each([
  ['a bound', 'const maxKeys = 1'],
  ['words that begin alike', 'const placeholder = mostly + replace + askedAt + isGiven'],
  ['what stays where it is', 'const revisionInPlace = 1'],
  ['a member of another object', 'use(entry.place, { ...entry.given })'],
  ['an import', "import { place } from 'elsewhere'"],
  ['a value that is no message', "const kind = 'told'"],
  ['a comment', '// The longest one came first.'],
])('accepts %s', (_what, source) => {
  expect(findBannedWords('packages/a/src/replace-key.ts', source)).toEqual([])
})
