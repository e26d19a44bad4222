import {
  appendFile,
  chmod,
  link,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { describeVaultStore } from '../test/vault-store-conformance.ts'
import { createFileVaultStore } from './file-vault-store.ts'

const directories: string[] = []

async function newPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vault-store-'))
  directories.push(directory)
  return join(directory, 'keys.vault')
}

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

describeVaultStore('the file store', async () => {
  const path = await newPath()
  return () => createFileVaultStore({ path })
})

it('makes its file for its owner alone and leaves few others', async () => {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  for (let revision = 0; revision < 20; revision++) await store.compareAndSet(revision, 'data')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const names = await readdir(join(path, '..'))
  expect(names.sort()).toEqual(
    ['keys.vault', ...[13, 14, 15, 16, 17, 18, 19, 20].map((n) => `keys.vault.r${String(n)}`)].sort(),
  )
})

it.each([[0o640], [0o604], [0o660], [0o666]])('refuses mode %o', async (mode) => {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  await store.compareAndSet(0, 'data')
  await chmod(path, mode)
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_LOOSE_PERMISSIONS' })
  await expect(store.compareAndSet(1, 'more')).rejects.toMatchObject({
    code: 'ALFRED_VAULT_LOOSE_PERMISSIONS',
  })
})

it('does not follow a symbolic link', async () => {
  const path = await newPath()
  await createFileVaultStore({ path: `${path}-real` }).compareAndSet(0, 'data')
  await symlink(`${path}-real`, path)
  await expect(createFileVaultStore({ path }).read()).rejects.toMatchObject({
    code: 'ALFRED_STORE_UNAVAILABLE',
  })
})

it.each([[''], ['rubbish'], ['alfred-vault x\n'], ['alfred-vault 1']])(
  'refuses %j as no vault',
  async (text) => {
    const path = await newPath()
    await writeFile(path, text, { mode: 0o600 })
    await expect(createFileVaultStore({ path }).read()).rejects.toMatchObject({
      code: 'ALFRED_VAULT_TAMPERED',
    })
  },
)

it('says when its directory is not there', async () => {
  const store = createFileVaultStore({ path: join(await newPath(), 'nowhere', 'keys.vault') })
  await expect(store.compareAndSet(0, 'data')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
})

/** A store at revision 2, and the file of revision 1 kept aside. */
async function atRevision2(): Promise<{ path: string; first: string }> {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  await store.compareAndSet(0, 'first')
  await link(path, `${path}-first`)
  await store.compareAndSet(1, 'second')
  return { path, first: `${path}-first` }
}

it('goes on from a write that was claimed but not renamed', async () => {
  const { path, first } = await atRevision2()
  await rm(path)
  await link(first, path)
  const store = createFileVaultStore({ path })
  expect(await store.compareAndSet(1, 'other')).toBe(false)
  expect(await store.read()).toEqual({ revision: 2, data: 'second' })
  expect(await store.compareAndSet(2, 'third')).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('alfred-vault 3\nthird')
})

it('reads the very first write, claimed but not renamed', async () => {
  const path = await newPath()
  await createFileVaultStore({ path }).compareAndSet(0, 'first')
  await rm(path)
  expect(await createFileVaultStore({ path }).read()).toEqual({ revision: 1, data: 'first' })
})

it('goes on over the leavings of a writer that did not come to its claim', async () => {
  const { path } = await atRevision2()
  const abandoned = `${path}.tmp-00000000`
  await writeFile(abandoned, 'half a wri', { mode: 0o600 })
  await utimes(abandoned, 0, 0)
  const store = createFileVaultStore({ path })
  expect(await store.read()).toEqual({ revision: 2, data: 'second' })
  expect(await store.compareAndSet(2, 'third')).toBe(true)
  expect(await readdir(join(path, '..'))).not.toContain('keys.vault.tmp-00000000')
})

it('refuses a claim that holds another revision', async () => {
  const { path, first } = await atRevision2()
  await link(first, `${path}.r3`)
  await expect(createFileVaultStore({ path }).read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
})

it('passes over an audit line that was cut short, and goes on', async () => {
  const path = await newPath()
  await createFileVaultStore({ path }).appendAudit(0, ['first'])
  await appendFile(`${path}.audit`, '1 00000000-0000-4000-8000-000000000000 9 cut sh')
  const store = createFileVaultStore({ path })
  expect(await store.appendAudit(1, ['second'])).toBe(true)
  expect(await store.readAudit(0, 9)).toEqual({ length: 2, entries: ['first', 'second'] })
  expect((await stat(`${path}.audit`)).mode & 0o777).toBe(0o600)
})

it('reads the audit trail page by page, with lines of any length and of others between them', async () => {
  const path = await newPath()
  const [store, other] = [createFileVaultStore({ path }), createFileVaultStore({ path })]
  // Longer than a chunk of the reader, at its borders, and of several bytes a character.
  const entries = Array.from({ length: 300 }, (_, index) => 'é'.repeat(index === 7 ? 600_000 : index * 37))
  await store.appendAudit(0, entries.slice(0, 200))
  expect(await other.appendAudit(150, ['late'])).toBe(false)
  await appendFile(`${path}.audit`, '150 00000000-0000-4000-8000-000000000000 4 late\n')
  await other.appendAudit(200, entries.slice(200))
  for (const size of [7, 100, 1000]) {
    const read: string[] = []
    for (;;) {
      const page = await store.readAudit(read.length, size)
      expect(page.length).toBe(300)
      if (page.entries.length === 0) break
      read.push(...page.entries)
    }
    expect(read).toEqual(entries)
  }
  expect((await store.readAudit(298, 5)).entries).toEqual(entries.slice(298))
  expect((await store.readAudit(3, 2)).entries).toEqual(entries.slice(3, 5))
})

it('tells how long an audit trail is that was cut, replaced or removed, and appends to none that was cut', async () => {
  const path = await newPath()
  const [store, other] = [createFileVaultStore({ path }), createFileVaultStore({ path: await newPath() })]
  await store.appendAudit(0, ['first', 'second', 'third'])
  await store.readAudit(0, 9)
  const whole = await readFile(`${path}.audit`)
  await writeFile(`${path}.audit`, whole.subarray(0, whole.length - 1))
  await expect(store.appendAudit(3, ['fourth'])).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
  expect(await store.readAudit(0, 9)).toEqual({ length: 2, entries: ['first', 'second'] })
  await other.appendAudit(0, ['a', 'b', 'c', 'd'])
  const otherPath = join(directories.at(-1) ?? '', 'keys.vault.audit')
  await rename(otherPath, `${path}.audit`)
  expect(await store.readAudit(3, 9)).toEqual({ length: 4, entries: ['d'] })
  await rm(`${path}.audit`)
  expect(await store.readAudit(0, 9)).toEqual({ length: 0, entries: [] })
})

it('keeps the lease in one file', async () => {
  const path = await newPath()
  for (let epoch = 1; epoch <= 3; epoch++) await (await createFileVaultStore({ path }).lease(1000))?.release()
  expect(await readdir(join(path, '..'))).toEqual(['keys.vault.l3'])
})

it('names refused options', () => {
  expect(() => createFileVaultStore({ paht: 'x' } as never)).toThrow(/vault\.store\.paht.*"path"/)
})
