import { expect, it } from 'vitest'
import { createScriptedProvider } from '../../test/scripted-provider.ts'
import type { ProviderKeys } from '../vault/vault-document.ts'
import { dueAt } from './next-step.ts'
import { resolvePolicy } from '../providers/provider-policy.ts'

const since = 1_000_000
const nextRotationAt = 9_000_000
const { adapter } = createScriptedProvider()
const ephemeral = { ...adapter, ephemeral: true }

const keysWith = (expiresAt: number | undefined): ProviderKeys => ({
  nextVersion: 2,
  versions: [
    { version: 1, stage: 'current', since, sinceRevision: 1, ...(expiresAt !== undefined && { expiresAt }) },
  ],
  rotation: { nextRotationAt, failures: 0 },
})

it.each([
  ['at its time when it does not end by itself', adapter, undefined, nextRotationAt],
  ['at its time when it ends long after', adapter, 50_000_000, nextRotationAt],
  [
    'a grace and a tenth of the interval before its end',
    adapter,
    since + 2_000_000,
    since + 2_000_000 - 110_000,
  ],
  ['at four fifths of a short life', adapter, since + 100_000, since + 80_000],
  ['at four fifths where keys are made to end', ephemeral, since + 2_000_000, since + 1_600_000],
])('a key is replaced %s', (_when, given, expiresAt, expected) => {
  const policy = resolvePolicy({ adapter: given, graceMs: 10_000, rotateEveryMs: 1_000_000 })
  expect(dueAt(keysWith(expiresAt), policy)).toBe(expected)
})

it('a key is due at once where there is none', () => {
  expect(dueAt({ nextVersion: 1, versions: [] }, resolvePolicy({ adapter }))).toBe(-Infinity)
})
