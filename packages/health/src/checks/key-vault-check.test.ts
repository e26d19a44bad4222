import { expect, it } from 'vitest'
import { keyVaultCheck, type ReportingVault } from './key-vault-check.ts'

const signal = new AbortController().signal
const current = { versions: [{ stage: 'previous' }, { stage: 'current' }] }
const pending = { versions: [{ stage: 'pending' }] }

it.each<[string, ReturnType<ReportingVault['report']>, string[] | undefined, object]>([
  ['nothing', {}, undefined, { status: 'pass', measurements: [] }],
  ['a current key', { a: current }, undefined, { status: 'pass' }],
  ['one without', { a: current, b: pending }, undefined, { status: 'warn', output: 'b: no current key' }],
  [
    'a refused one',
    { a: { ...current, validity: 'invalid' } },
    undefined,
    { status: 'fail', output: 'a: its key is refused' },
  ],
  [
    'a failing rotation',
    { a: { ...current, state: 'failing', lastErrorCode: 'timeout' }, b: { ...current, state: 'due' } },
    undefined,
    { status: 'warn', output: 'a: rotation fails (timeout); b: rotation waits for a key' },
  ],
  ['no need of one', { a: { versions: [], state: 'keyless' } }, undefined, { status: 'pass' }],
  ['none with', { b: pending }, undefined, { status: 'fail' }],
  ['one that is not asked for', { a: current, b: pending }, ['a'], { status: 'pass' }],
  ['not the one that is needed', { a: current }, ['toString'], { status: 'fail' }],
])('a vault with %s', async (_name, report, providers, expected) => {
  const { check } = keyVaultCheck({ report: () => report }, { providers })
  await expect(check(signal)).resolves.toMatchObject(expected)
})

it('fails while the vault cannot be used', async () => {
  const { check } = keyVaultCheck({
    report: () => {
      throw new Error('not ready')
    },
  })
  await expect(check(signal)).rejects.toThrow('not ready')
})
