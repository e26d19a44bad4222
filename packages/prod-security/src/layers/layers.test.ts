import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { layerKeys } from './assemble-layers.ts'
import { layerTable } from './layers.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../../..', path), 'utf8')
const sorted = (names: Iterable<string>): string[] => [...names].sort()

it('has a row in the README for each layer that a configuration switches on or off', () => {
  const rows = read('packages/prod-security/README.md').matchAll(
    /^\| [^|]+\| `(\w+)`[^|]*\| (on|off|\S[^|]*?) *\|/gm,
  )
  const named = [...rows].map(([, key, state]) => [key, state?.startsWith('on')])
  for (const key of layerKeys.filter((each) => each !== 'server')) {
    expect(named).toContainEqual([key, layerTable[key].byDefault !== false])
  }
})

it('has a row in the reference for each layer, and names each that the guard offers', () => {
  const reference = read('docs/reference/configuration.md')
  const rows = [...reference.matchAll(/^\| `(\w+)` /gm)].map(([, key]) => key ?? '')
  expect(rows).toEqual(expect.arrayContaining([...layerKeys]))
  const [, offered = ''] = /^\| `guard((?:\.\w+` `?)+\.\w+)` +\| the layers/m.exec(reference) ?? []
  const members = [...offered.matchAll(/\.(\w+)/g)].map(([, name]) => name ?? '')
  expect(sorted(members)).toEqual(sorted(layerKeys.filter((key) => layerTable[key].isOffered)))
})
