import { describe, expect, it } from 'vitest'
import { addVersion, promotePending, rollBack } from './key-stages.ts'
import { revokeVersion } from './end-version.ts'
import type { VaultDocument } from './vault-document.ts'

const sealed = { dataKeyId: 'd', keyEncryptionKeyId: 'k', wrappedKey: '', nonce: '', ciphertext: '', tag: '' }

type Step =
  | ['stage']
  | ['promote', number]
  | ['revoke', number]
  | ['force', number]
  | ['confirm', number]
  | ['rollback']

function run(steps: readonly Step[]): VaultDocument {
  let document: VaultDocument = new Map()
  for (const [index, [step, version = 0]] of steps.entries()) {
    // The clock stands still: the order must not depend on it.
    const moment = { now: 1000, revision: index + 1 }
    if (step === 'stage') document = addVersion(document, 'openai', { sealed }, moment)
    else if (step === 'promote') document = promotePending(document, 'openai', version, moment)
    else if (step === 'rollback') document = rollBack(document, 'openai', moment)[0]
    else
      document = revokeVersion(document, 'openai', version, {
        ...moment,
        force: step === 'force',
        remotely: false,
        confirmed: step === 'confirm',
      })
  }
  return document
}

const stages = (document: VaultDocument): string =>
  document
    .get('openai')
    ?.versions.map(({ version, stage, sealed: kept }) => `${String(version)} ${stage}${kept ? '' : '*'}`)
    .join(', ') ?? ''

it.each<[string, Step[], string]>([
  ['one staged', [['stage']], '1 pending'],
  ['two staged', [['stage'], ['stage']], '1 pending, 2 pending'],
  ['the first promoted', [['stage'], ['promote', 1]], '1 current'],
  ['rotated', [['stage'], ['promote', 1], ['stage'], ['promote', 2]], '1 previous, 2 current'],
  [
    'rotated twice',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['stage'], ['promote', 3]],
    '1 previous, 2 previous, 3 current',
  ],
  [
    'rolled back',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['rollback']],
    '1 current, 2 previous',
  ],
  [
    'rolled back to the newest of two',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['stage'], ['promote', 3], ['rollback']],
    '1 previous, 2 current, 3 previous',
  ],
  [
    'rolled back and forth',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['rollback'], ['rollback']],
    '1 previous, 2 current',
  ],
  [
    'the old one to be revoked',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['revoke', 1]],
    '1 revocation-due, 2 current',
  ],
  [
    'the old one revoked there, without its ciphertext',
    [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['confirm', 1]],
    '1 revoked*, 2 current',
  ],
  ['a pending one to be revoked', [['stage'], ['revoke', 1]], '1 revocation-due'],
  ['and revoked there', [['stage'], ['revoke', 1], ['confirm', 1]], '1 revoked*'],
  ['the current one by force', [['stage'], ['promote', 1], ['force', 1]], '1 compromised'],
  ['and revoked there', [['stage'], ['promote', 1], ['force', 1], ['confirm', 1]], '1 revoked*'],
])('%s', (_name, steps, expected) => {
  expect(stages(run(steps))).toBe(expected)
})

describe('what is refused', () => {
  it.each<[string, Step[], string]>([
    ['promoting an unknown version', [['promote', 1]], 'ALFRED_VAULT_KEY_NOT_FOUND'],
    ['promoting the current one', [['stage'], ['promote', 1], ['promote', 1]], 'ALFRED_VAULT_WRONG_STAGE'],
    [
      'promoting a previous one',
      [['stage'], ['promote', 1], ['stage'], ['promote', 2], ['promote', 1]],
      'ALFRED_VAULT_WRONG_STAGE',
    ],
    ['promoting a revoked one', [['stage'], ['confirm', 1], ['promote', 1]], 'ALFRED_VAULT_WRONG_STAGE'],
    ['revoking the current one', [['stage'], ['promote', 1], ['revoke', 1]], 'ALFRED_VAULT_WRONG_STAGE'],
    ['revoking twice', [['stage'], ['confirm', 1], ['force', 1]], 'ALFRED_VAULT_WRONG_STAGE'],
    ['confirming the current one', [['stage'], ['promote', 1], ['confirm', 1]], 'ALFRED_VAULT_WRONG_STAGE'],
    ['revoking an unknown version', [['revoke', 1]], 'ALFRED_VAULT_KEY_NOT_FOUND'],
    [
      'rolling back without a previous one',
      [['stage'], ['promote', 1], ['rollback']],
      'ALFRED_VAULT_KEY_NOT_FOUND',
    ],
  ])('%s', (_name, steps, code) => {
    expect(() => run(steps)).toThrow(expect.objectContaining({ code }))
  })
})

it('forgets old revoked versions and never uses a number again', () => {
  const steps = Array.from({ length: 50 }, (_, index): Step[] => [['stage'], ['confirm', index + 1]]).flat()
  const keys = run([...steps, ['stage']]).get('openai')
  expect(keys?.versions.map(({ version }) => version)).toEqual(
    Array.from({ length: 21 }, (_, index) => 31 + index),
  )
  expect(keys?.nextVersion).toBe(52)
})
