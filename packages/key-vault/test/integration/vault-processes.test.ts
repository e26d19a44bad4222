import { once } from 'node:events'
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  createFileVaultStore,
  createKeyVault,
  keyEncryptionKeyFromFile,
  type KeyVault,
  withPreviousKeys,
} from '@alfred/key-vault'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forkProcess } from '../rotation/fork-process.ts'
import type { WriterOrder, WriterTold } from './vault-writer.ts'

const writer = new URL('vault-writer.ts', import.meta.url)

let directory: string
let path: string
let keyPath: string
const opened: KeyVault[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vault-processes-'))
  path = join(directory, 'whole', 'keys.vault')
  await mkdir(dirname(path))
  keyPath = join(directory, 'vault.key')
  keyEncryptionKeyFromFile(keyPath, { create: true })
})

afterEach(async () => {
  for (const vault of opened.splice(0)) await vault.close()
  await rm(directory, { recursive: true, force: true })
})

async function runWriter(order: WriterOrder): Promise<WriterTold & { how: number | NodeJS.Signals | null }> {
  const child = forkProcess(writer, order)
  let told: WriterTold = {}
  child.on('message', (message) => (told = message as WriterTold))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return { ...told, how: signal ?? code }
}

async function openVault(at = path, keyEncryptionKey = keyEncryptionKeyFromFile(keyPath)): Promise<KeyVault> {
  const vault = createKeyVault({
    store: createFileVaultStore({ path: at }),
    keyEncryptionKey,
    rotate: false,
  })
  opened.push(vault)
  await vault.ready()
  return vault
}

async function isClaimedOnly(at: string): Promise<boolean> {
  const revision = Number(/^alfred-vault (\d+)\n/.exec(await readFile(at, 'utf8'))?.[1])
  return access(`${at}.r${String(revision + 1)}`).then(
    () => true,
    () => false,
  )
}

/** More than there are. */
const steps = 60

/** A vault with a current key, once for each step to be killed at. */
async function copiesOfVault() {
  const first = await openVault()
  await first.promote('openai', await first.stage('openai', 'sk-first'))
  await first.close()
  const stops = Array.from({ length: steps }, (_, index) => ({
    path: join(directory, `step-${String(index + 1)}`, 'keys.vault'),
    step: index + 1,
    secret: `sk-step-${String(index + 1)}`,
  }))
  for (const stop of stops) await cp(dirname(path), dirname(stop.path), { recursive: true })
  return stops
}

it('is whole wherever in a rotation its writer is killed', { timeout: 120_000 }, async () => {
  const stops = await copiesOfVault()
  const { how, stopped = [] } = await runWriter({ keyPath, stops })
  expect(how).toBe('SIGKILL')
  // Some came to the end, and so each step was found.
  expect(stopped.length).toBeGreaterThanOrEqual(30)
  expect(stopped.length).toBeLessThan(steps)

  let claimedOnly = 0
  for (const { path: at, secret } of stops) {
    if (!stopped.includes(at)) continue
    if (await isClaimedOnly(at)) claimedOnly += 1
    const left = (await readdir(dirname(at))).filter((name) => name.includes('.tmp-'))
    expect(left.length).toBeLessThanOrEqual(1)
    const vault = await openVault(at)
    const { versions = [] } = vault.report()['openai'] ?? {}
    expect(versions.filter(({ stage }) => stage === 'current')).toHaveLength(1)
    const current = vault.get('openai')
    expect([`1 sk-first`, `2 ${secret}`]).toContain(`${String(current.version)} ${current.reveal()}`)
    // What was staged and not promoted is there to be promoted or ended, and the vault goes on.
    for (const { version, stage } of versions) if (stage === 'pending') await vault.revoke('openai', version)
    await vault.promote('openai', await vault.stage('openai', 'sk-after'))
    expect(vault.get('openai').reveal()).toBe('sk-after')
    await vault.close()
    expect(await readFile(at, 'utf8')).not.toContain('sk-')
  }
  // The kills did hit the gap between the claim and the rename, of both writes.
  expect(claimedOnly).toBeGreaterThanOrEqual(2)
})

it(
  'goes on with a re-wrap that was killed anywhere, while both keys are accepted',
  { timeout: 120_000 },
  async () => {
    const stops = await copiesOfVault()
    const newKeyPath = join(directory, 'new.key')
    const newKey = keyEncryptionKeyFromFile(newKeyPath, { create: true })
    const { how, stopped = [] } = await runWriter({ keyPath, newKeyPath, stops })
    expect(how).toBe('SIGKILL')
    expect(stopped.length).toBeGreaterThanOrEqual(15)
    expect(stopped.length).toBeLessThan(steps)
    for (const at of stopped) {
      const both = await openVault(at, withPreviousKeys(newKey, keyEncryptionKeyFromFile(keyPath)))
      expect(both.get('openai').reveal()).toBe('sk-first')
      expect(await both.rewrap()).toBeLessThanOrEqual(1)
      await both.close()
      const renewed = await openVault(at, newKey)
      expect(renewed.get('openai').reveal()).toBe('sk-first')
      expect((await renewed.audit.verify()).intact).toBe(true)
      await renewed.close()
    }
  },
)

it('loses no write of four processes that write at once', { timeout: 60_000 }, async () => {
  const ended = await Promise.all(Array.from({ length: 4 }, () => runWriter({ keyPath, path, count: 25 })))
  expect(ended.map(({ how }) => how)).toEqual([0, 0, 0, 0])
  const expected = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(ended.flatMap(({ versions = [] }) => versions).sort((a, b) => a - b)).toEqual(expected)
  const vault = await openVault()
  expect(vault.report()['openai']?.versions.map(({ version }) => version)).toEqual(expected)
})
