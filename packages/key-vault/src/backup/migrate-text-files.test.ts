import { cpSync } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { createClientKeys } from '../client-keys/client-keys.ts'
import { createFileClientKeyStore } from '../client-keys/stores/file-client-key-store.ts'
import { createFileVaultStore } from '../stores/file/file-vault-store.ts'
import { keyEncryptionKeyFromBase64 } from '../key-encryption/key-encryption-key.ts'
import { createKeyVault } from '../key-vault.ts'
import { migrateTextFiles } from './migrate-text-files.ts'

/**
 * Written by the version before: `keys.vault` is at revision 3, as a writer leaves it that was stopped before its rename, and
 * the claim has revision 4.
 */
const fixture = fileURLToPath(new URL('../../test/fixtures/text-format', import.meta.url))
const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
const validKey = 'alf_live_0Dg3YKjfGYid_D8JHevUhw4kVZaKuRp1FcJnYo2rsWqxzxQFWMjD050k2Qt5lX'
const revokedKey = 'alf_live_0Gd9VltFsu5K_mQxUSgDNGIREZ99i6sTwgbvVrqv3EwqvVlktr4AgGjK1mXZqQ'

async function copyOfFixture() {
  const folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  cpSync(fixture, folder, { recursive: true })
  for (const name of await readdir(folder)) {
    await chmod(join(folder, name), 0o600)
    // The leases and notes expired long ago.
    await utimes(join(folder, name), 0, 0)
  }
  return { folder, paths: { vault: join(folder, 'keys.vault'), clientKeys: join(folder, 'client-keys') } }
}

async function expectAllOf({
  vault: path,
  clientKeys: clientKeyPath,
}: {
  vault: string
  clientKeys: string
}) {
  const store = createFileVaultStore({ path })
  const vault = createKeyVault({ store, keyEncryptionKey, rotate: false })
  await vault.ready()
  const clientKeys = createClientKeys({
    store: createFileClientKeyStore({ path: clientKeyPath }),
    keyEncryptionKey,
    audit: vault.audit,
    // Longer than a loaded machine takes.
    deadlineMs: 30_000,
  })
  await clientKeys.ready()
  expect(vault.get('openai').reveal()).toBe('sk-second')
  expect((await store.read()).revision).toBe(4)
  expect(await vault.audit.verify()).toMatchObject({ intact: true, head: { length: 15 } })
  expect((await store.lease(1))?.epoch).toBeGreaterThan(3)
  expect(await clientKeys.verify(validKey)).toMatchObject({ valid: true, key: { scopes: ['chat:write'] } })
  expect(await clientKeys.verify(revokedKey)).toMatchObject({ reason: 'revoked' })
  await clientKeys.close()
  await vault.close()
}

it('brings everything over, keeps what was there, and does nothing the second time', async () => {
  const { folder, paths } = await copyOfFixture()
  expect(migrateTextFiles(paths)).toEqual([`${paths.vault}.audit`, paths.vault, paths.clientKeys])
  await expectAllOf(paths)
  expect((await readdir(folder)).sort()).toEqual([
    'client-keys',
    'client-keys.text-format',
    'keys.vault',
    'keys.vault.audit',
    'keys.vault.audit.text-format',
    'keys.vault.text-format',
  ])
  const kept = join(`${paths.vault}.text-format`, 'keys.vault.r4')
  expect(await readFile(kept)).toEqual(await readFile(join(fixture, 'keys.vault.r4')))
  for (const path of [paths.vault, `${paths.vault}.audit`, paths.clientKeys]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  expect(migrateTextFiles(paths)).toEqual([])
  await expectAllOf(paths)
})

it('reads a vault whose first write was claimed and not renamed', async () => {
  const { paths } = await copyOfFixture()
  await rm(paths.vault)
  const store = createFileVaultStore({ path: paths.vault })
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_OLD_FORMAT' })
  migrateTextFiles(paths)
  await expectAllOf(paths)
})

it.each(['keys.vault.audit', 'keys.vault', 'client-keys'])(
  'goes on when it was killed after the file %s was in place, and before its claims were moved',
  async (name) => {
    const { folder, paths } = await copyOfFixture()
    const done = await copyOfFixture()
    migrateTextFiles(done.paths)
    await rename(join(done.folder, name), join(folder, name))
    migrateTextFiles(paths)
    await expectAllOf(paths)
    expect((await readdir(folder)).filter((found) => /\.(r|l)\d+$/.test(found))).toEqual([])
  },
)

it.each([
  ['keys.vault', (path: string) => createFileVaultStore({ path }).read()],
  ['keys.vault', (path: string) => createFileVaultStore({ path }).compareAndSet(0, 'data')],
  ['keys.vault', (path: string) => createFileVaultStore({ path }).readAudit(0, 1)],
  ['keys.vault', (path: string) => createFileVaultStore({ path }).appendAudit(0, ['entry'])],
  ['client-keys', (path: string) => createFileClientKeyStore({ path }).readPepper()],
  ['client-keys', (path: string) => createFileClientKeyStore({ path }).write('id', 0, 'data')],
])('a store on the text format of %s is refused, with the command to run (case %#)', async (name, use) => {
  const { folder } = await copyOfFixture()
  const before = await readFile(join(folder, name))
  await expect(use(join(folder, name))).rejects.toMatchObject({
    code: 'ALFRED_VAULT_OLD_FORMAT',
    message: expect.stringMatching(/alfred-security (client-)?keys migrate --store FILE/) as string,
  })
  expect(await readFile(join(folder, name))).toEqual(before)
})

it.each(['keys.vault.l3', 'keys.vault.i-a1f62bac391ac194072de9629c0466ab'])(
  'waits for the process that %s is of, unless it is forced',
  async (name) => {
    const { folder, paths } = await copyOfFixture()
    const soon = Date.now() / 1000 + 60
    await utimes(join(folder, name), soon, soon)
    expect(() => migrateTextFiles(paths)).toThrow(/used .*keys\.vault recently.* (59|60) s/)
    migrateTextFiles({ ...paths, force: true })
    await expectAllOf(paths)
  },
)

it('passes over a line that a killed writer left, and refuses a damaged one', async () => {
  const { paths: torn } = await copyOfFixture()
  await appendFile(`${torn.vault}.audit`, '15 00000000-0000-4000-8000-000000000000 9 cut sh')
  migrateTextFiles(torn)
  await expectAllOf(torn)

  const { paths: damaged } = await copyOfFixture()
  const trail = await readFile(`${damaged.vault}.audit`, 'latin1')
  await writeFile(`${damaged.vault}.audit`, trail.replace(/\n7 (.{36}) /, '\n7 $1x '), 'latin1')
  expect(() => migrateTextFiles(damaged)).toThrow(/entry 7 is damaged or missing/)
  expect(await readFile(damaged.vault)).toEqual(await readFile(join(fixture, 'keys.vault')))
})

it.each([
  ['keys.vault.r4', 'alfred-vault 3\n{}', /holds another revision/],
  ['keys.vault', 'alfred-vault x\n{}', /does not begin as a vault does/],
  ['client-keys', 'alfred-vault 4\n{"keys":', /not JSON/],
  ['client-keys', 'alfred-vault 4\n{"keys":{"a":{"revision":"1"}}}', /client key a is damaged/],
])('refuses %s when it holds %j', async (name, text, reason) => {
  const { folder, paths } = await copyOfFixture()
  await writeFile(join(folder, name), text)
  expect(() => migrateTextFiles(paths)).toThrow(reason)
})

it('names refused options, and a folder that is not there', async () => {
  expect(() => migrateTextFiles({ valt: 'x' } as never)).toThrow(/migrate\.valt.*"vault"/)
  const { folder } = await copyOfFixture()
  const absent = { vault: join(folder, 'nowhere', 'keys.vault') }
  expect(() => migrateTextFiles(absent)).toThrow(
    expect.objectContaining({ code: 'ALFRED_STORE_UNAVAILABLE' }),
  )
})
