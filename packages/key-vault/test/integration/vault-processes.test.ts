import { spawn } from 'node:child_process'
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createFileVaultStore,
  createKeyVault,
  keyEncryptionKeyFromFile,
  type KeyVault,
} from '@alfred/key-vault'
import { afterEach, beforeEach, expect, it } from 'vitest'

const writer = fileURLToPath(new URL('vault-writer.ts', import.meta.url))

let directory: string
let path: string
let keyPath: string
const opened: KeyVault[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vault-processes-'))
  path = join(directory, 'keys.vault')
  keyPath = join(directory, 'vault.key')
  keyEncryptionKeyFromFile(keyPath, { create: true })
})

afterEach(async () => {
  for (const vault of opened.splice(0)) await vault.close()
  await rm(directory, { recursive: true, force: true })
})

interface Ended {
  how: number | NodeJS.Signals | null
  output: string
}

function runWriter(mode: string, ...args: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--conditions=@alfred/source', writer, mode, path, keyPath, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ how: signal ?? code, output })
    })
  })
}

async function openVault(): Promise<KeyVault> {
  const vault = createKeyVault({
    store: createFileVaultStore({ path }),
    keyEncryptionKey: keyEncryptionKeyFromFile(keyPath),
  })
  opened.push(vault)
  await vault.ready()
  return vault
}

async function isClaimedOnly(): Promise<boolean> {
  const revision = Number(/^alfred-vault (\d+)\n/.exec(await readFile(path, 'utf8'))?.[1])
  return access(`${path}.r${String(revision + 1)}`).then(
    () => true,
    () => false,
  )
}

it('is whole wherever in a rotation its writer is killed', { timeout: 300_000 }, async () => {
  let vault = await openVault()
  await vault.promote('openai', await vault.stage('openai', 'sk-first'))
  let kills = 0
  let claimedOnly = 0

  for (;;) {
    const before = vault.get('openai')
    const secret = `sk-step-${String(kills + 1)}`
    const { how } = await runWriter('rotate', String(kills + 1), secret)
    if (how === 0) break
    expect(how).toBe('SIGKILL')
    kills += 1
    if (await isClaimedOnly()) claimedOnly += 1

    await vault.close()
    vault = await openVault()
    const current = vault.get('openai')
    const { versions = [] } = vault.report()['openai'] ?? {}
    expect(versions.filter(({ stage }) => stage === 'current')).toHaveLength(1)
    const isOld = current.version === before.version && current.reveal() === before.reveal()
    const isNew = current.version > before.version && current.reveal() === secret
    expect([isOld, isNew]).toContain(true)
    // What was staged and not promoted is there to be promoted or ended.
    for (const { version, stage } of versions) if (stage === 'pending') await vault.revoke('openai', version)
  }

  expect(kills).toBeGreaterThanOrEqual(30)
  // The kills did hit the gap between the claim and the rename, of both writes.
  expect(claimedOnly).toBeGreaterThanOrEqual(2)
  await vault.close()
  const names = await readdir(directory)
  expect(names.filter((name) => name.includes('.tmp-')).length).toBeLessThanOrEqual(kills)
  expect(await readFile(path, 'utf8')).not.toContain('sk-')
})

it('loses no write of four processes that write at once', { timeout: 60_000 }, async () => {
  const ended = await Promise.all(Array.from({ length: 4 }, () => runWriter('stage', '25')))
  expect(ended.map(({ how }) => how)).toEqual([0, 0, 0, 0])
  const expected = Array.from({ length: 100 }, (_, index) => index + 1)
  const printed = ended.flatMap(({ output }) => output.trim().split('\n').map(Number))
  expect(printed.sort((a, b) => a - b)).toEqual(expected)
  const vault = await openVault()
  expect(vault.report()['openai']?.versions.map(({ version }) => version)).toEqual(expected)
})
