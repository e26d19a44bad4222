import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFileVaultStore,
  createKeyVault,
  keyEncryptionKeyFromFile,
  type KeyVault,
  withPreviousKeys,
} from '@alfred/key-vault'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forkProcess } from '@alfred/testkit'
import type { WriterOrder, WriterReport } from './vault-writer.ts'

const writer = new URL('vault-writer.ts', import.meta.url)

let folder: string
let path: string
let keyPath: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault-processes-'))
  path = join(folder, 'keys.vault')
  keyPath = join(folder, 'vault.key')
  keyEncryptionKeyFromFile(keyPath, { create: true })
})

afterEach(() => rm(folder, { recursive: true }))

interface Ended {
  readonly reports: readonly number[]
  readonly how: number | NodeJS.Signals | null
}

/**
 * Runs a writer to its end, or kills it when it has reported so often: it is in the middle of its next change by then.
 */
async function runWriter(order: WriterOrder, killAfter = Infinity): Promise<Ended> {
  const child = forkProcess(writer, order)
  const reports: number[] = []
  child.on('message', (message) => {
    reports.push((message as WriterReport).done)
    if (reports.length === killAfter) child.kill('SIGKILL')
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return { reports, how: signal ?? code }
}

async function useVault<T>(
  use: (vault: KeyVault) => T | Promise<T>,
  keyEncryptionKey = keyEncryptionKeyFromFile(keyPath),
) {
  const store = createFileVaultStore({ path })
  const vault = createKeyVault({ store, keyEncryptionKey, rotate: false })
  try {
    await vault.ready()
    return await use(vault)
  } finally {
    await vault.close()
  }
}

it(
  'keeps every acknowledged change of writers that are killed in the middle of others',
  { timeout: 120_000 },
  async () => {
    const acknowledged: number[] = []
    for (let round = 0; round < 4; round++) {
      const ended = await Promise.all(
        [1, 2, 3].map((more) => runWriter({ path, keyPath }, more + (round % 3))),
      )
      expect(ended.map(({ how }) => how)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL'])
      acknowledged.push(...ended.flatMap(({ reports }) => reports))
      await useVault(async (vault) => {
        const { versions = [] } = vault.report()['openai'] ?? {}
        const known = new Set(versions.map(({ version }) => version))
        expect(acknowledged.filter((version) => !known.has(version))).toEqual([])
        expect(versions.filter(({ stage }) => stage === 'current')).toHaveLength(1)
        expect((await vault.audit.verify()).intact).toBe(true)
        // What was staged and not promoted is there to be ended, and the vault goes on.
        for (const { version, stage } of versions)
          if (stage === 'pending') await vault.revoke('openai', version)
      })
    }
    expect(new Set(acknowledged).size).toBe(acknowledged.length)
    // The next writer takes away the journal of one that was killed.
    await useVault(async (vault) => vault.promote('openai', await vault.stage('openai', 'sk-last')))
    const left = (await readdir(folder)).filter((name) => !/^(keys\.vault(\.audit)?|vault\.key)$/.test(name))
    expect(left).toEqual([])
    expect((await readFile(path)).includes('sk-')).toBe(false)
  },
)

it(
  'goes on with a re-wrap that was killed anywhere, while both keys are accepted',
  { timeout: 120_000 },
  async () => {
    const newKeyPath = join(folder, 'new.key')
    const newKey = keyEncryptionKeyFromFile(newKeyPath, { create: true })
    const key = keyEncryptionKeyFromFile(keyPath)
    await useVault(async (vault) => vault.promote('openai', await vault.stage('openai', 'sk-first')))
    for (let round = 0; round < 4; round++) {
      expect((await runWriter({ path, keyPath, newKeyPath }, 1 + (round % 4))).how).toBe('SIGKILL')
      await useVault((vault) => vault.rewrap(), withPreviousKeys(newKey, key))
      await useVault(async (vault) => {
        expect(vault.get('openai').reveal()).toBe('sk-first')
        expect((await vault.audit.verify()).intact).toBe(true)
      }, newKey)
      await useVault((vault) => vault.rewrap(), withPreviousKeys(key, newKey))
    }
  },
)

it('loses no write of eight processes that write at once', { timeout: 120_000 }, async () => {
  const ended = await Promise.all(Array.from({ length: 8 }, () => runWriter({ path, keyPath, count: 10 })))
  expect(ended.map(({ how }) => how)).toEqual(Array<number>(8).fill(0))
  const expected = Array.from({ length: 80 }, (_, index) => index + 1)
  expect(ended.flatMap(({ reports }) => reports).sort((a, b) => a - b)).toEqual(expected)
  await useVault(async (vault) => {
    expect(vault.report()['openai']?.versions.map(({ version }) => version)).toEqual(expected)
    expect(await createFileVaultStore({ path }).read()).toMatchObject({ revision: 80 })
    expect((await vault.audit.verify()).intact).toBe(true)
  })
})
