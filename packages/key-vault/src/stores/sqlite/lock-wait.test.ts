import { AlfredError } from '@alfred/core'
import { expect, it } from 'vitest'
import { createLockWait } from './lock-wait.ts'
import { vaultFormat } from './sqlite-format.ts'

const busy = Object.assign(new Error('database is locked'), { errcode: 5 })
const foreign = new AlfredError('ALFRED_VAULT_FOREIGN_JOURNAL', 'foreign', {
  path: '/a',
  journalPath: '/a-journal',
})
const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })

it.each<[string, Error, number, string]>([
  ['a lock that is held for too long', busy, 1, 'ALFRED_STORE_UNAVAILABLE'],
  ['a foreign journal, after some tries', foreign, 10_000, 'ALFRED_VAULT_FOREIGN_JOURNAL'],
  ['a foreign journal, when time is over before', foreign, 1, 'ALFRED_VAULT_FOREIGN_JOURNAL'],
  ['a full disk, at once', full, 10_000, 'ALFRED_STORE_UNAVAILABLE'],
])('reports %s', async (_what, failure, lockTimeoutMs, code) => {
  const wait = createLockWait({ path: 'keys.vault', format: vaultFormat, lockTimeoutMs })
  const failing = wait.retry(() => {
    throw failure
  })
  await expect(failing).rejects.toMatchObject({ code })
})

it('does it again until nobody is in the way', async () => {
  const wait = createLockWait({ path: 'keys.vault', format: vaultFormat, lockTimeoutMs: 10_000 })
  let tries = 0
  const result = await wait.retry(() => {
    tries += 1
    if (tries < 4) throw busy
    return 'done'
  })
  expect([result, tries]).toEqual(['done', 4])
})
