import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { requireSupportedNode } from './supported-node.ts'

it.each(['18.20.8', '20.19.5'])('Node %s is refused with the versions of the manifest', (version) => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    readonly engines: { readonly node: string }
  }
  expect(() => {
    requireSupportedNode(version)
  }).toThrow(`Node ${version} is too old for @alfred/prod-security, which needs ${manifest.engines.node}.`)
})

it.each(['22.22.2', '24.15.0', '26.0.0', process.versions.node])('Node %s is accepted', (version) => {
  expect(() => {
    requireSupportedNode(version)
  }).not.toThrow()
})
