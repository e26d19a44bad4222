import {
  chmod,
  chown,
  cp,
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
import { dirname, join } from 'node:path'
import { createFakeClock } from '@alfred/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { describeVaultStore } from '../../../test/vault-store-conformance.ts'
import { createFileVaultStore } from './file-vault-store.ts'
import { connectSqlite } from '../sqlite/sqlite-session.ts'

const folders: string[] = []

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-store-'))
  folders.push(folder)
  return join(folder, 'keys.vault')
}

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    await chmod(folder, 0o700)
    await rm(folder, { recursive: true })
  }
})

describeVaultStore('the file store', async () => {
  const path = await newPath()
  return () => createFileVaultStore({ path })
})

/** A vault with a document, a lease, notes and a trail. */
async function filledVault(): Promise<string> {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  await store.compareAndSet(0, 'first')
  await store.compareAndSet(1, 'second')
  await store.appendAudit(0, ['one', 'two', 'three'])
  return path
}

it('makes two files for their owner alone, and leaves no others', async () => {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  for (let revision = 0; revision < 20; revision++) await store.compareAndSet(revision, 'data')
  for (let epoch = 1; epoch <= 3; epoch++) await (await store.lease(1000))?.release()
  for (let count = 0; count < 30; count++) await store.announce(String(count), 'note', 1)
  await store.appendAudit(0, ['entry'])
  expect((await readdir(dirname(path))).sort()).toEqual(['keys.vault', 'keys.vault.audit'])
  for (const file of [path, `${path}.audit`]) expect((await stat(file)).mode & 0o777).toBe(0o600)
})

describe('permissions', () => {
  it.each([
    ['keys.vault', 0o640],
    ['keys.vault', 0o604],
    ['keys.vault', 0o660],
    ['keys.vault', 0o666],
    ['keys.vault.audit', 0o644],
    ['.', 0o777],
    ['.', 0o703],
    ['.', 0o702],
  ])('%s of mode %o is refused', async (name, mode) => {
    const path = await filledVault()
    await chmod(join(dirname(path), name), mode)
    const store = createFileVaultStore({ path })
    const refused = {
      code: 'ALFRED_VAULT_LOOSE_PERMISSIONS',
      details: {
        path: name === '.' ? dirname(path) : join(dirname(path), name),
        mode,
        maxMode: name === '.' ? 0o700 : 0o600,
      },
      message: expect.stringMatching(/Run: chmod [67]00/) as string,
    }
    const [read, write] =
      name === 'keys.vault.audit'
        ? [() => store.readAudit(0, 1), () => store.appendAudit(3, ['four'])]
        : [() => store.read(), () => store.compareAndSet(2, 'more')]
    await expect(read()).rejects.toMatchObject(refused)
    await expect(write()).rejects.toMatchObject(refused)
  })

  it.each([0o700, 0o755, 0o770, 0o1777])('a folder of mode %o is taken', async (mode) => {
    const path = await filledVault()
    await chmod(dirname(path), mode)
    expect(await createFileVaultStore({ path }).compareAndSet(2, 'more')).toBe(true)
  })

  it('a symbolic link is not followed', async () => {
    const path = await newPath()
    await createFileVaultStore({ path: `${path}-real` }).compareAndSet(0, 'data')
    await symlink(`${path}-real`, path)
    await expect(createFileVaultStore({ path }).read()).rejects.toMatchObject({
      code: 'ALFRED_STORE_UNAVAILABLE',
    })
  })

  it('the files belong to the owner of their folder, also when root makes them', async () => {
    const path = await newPath()
    const { uid, gid } = await stat(dirname(path))
    // Only root may give a folder away.
    const owner = process.getuid?.() === 0 ? { uid: 12345, gid: 54321 } : { uid, gid }
    await chown(dirname(path), owner.uid, owner.gid)
    const store = createFileVaultStore({ path })
    await store.compareAndSet(0, 'data')
    await store.appendAudit(0, ['entry'])
    for (const file of [path, `${path}.audit`]) {
      expect(await stat(file)).toMatchObject(owner)
    }
  })
})

it.each([
  [''],
  ['rubbish'],
  ['SQLite format 3\0'],
  ['SQLite format 3\0'.padEnd(4096, 'x')],
  ['\0'.repeat(8192)],
])('refuses %j as no vault (case %#)', async (text) => {
  const path = await newPath()
  await writeFile(path, text, { mode: 0o600 })
  const store = createFileVaultStore({ path })
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
  await expect(store.compareAndSet(0, 'data')).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
  expect(await readFile(path, 'latin1')).toBe(text)
})

it.each([
  ['a trigger', 'CREATE TRIGGER t AFTER UPDATE ON cells BEGIN DELETE FROM cells; END'],
  ['another table', 'CREATE TABLE more (a)'],
  ['another version', 'PRAGMA user_version = 2'],
  ['another kind', 'PRAGMA application_id = 7'],
  ['no document', "DELETE FROM cells WHERE name = 'document'"],
  ['another document', "UPDATE cells SET text = 'other' WHERE name = 'document'"],
  ['another revision', "UPDATE cells SET number = 1 WHERE name = 'document'"],
  ['a damaged checksum', 'UPDATE cells SET checksum = 1'],
])('refuses a file with %s', async (_what, statement) => {
  const path = await filledVault()
  const { database } = connectSqlite(path)
  database.exec(statement)
  database.close()
  await expect(createFileVaultStore({ path }).read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
})

it.each([
  ['a missing entry', 'DELETE FROM entries WHERE number = 1'],
  ['a missing last entry', 'DELETE FROM entries WHERE number = 2'],
  ['an altered entry', "UPDATE entries SET entry = 'other' WHERE number = 1"],
  ['entries in another order', 'UPDATE entries SET number = 9 WHERE number = 1'],
  ['another length', "UPDATE cells SET number = 2 WHERE name = 'length'"],
])('refuses a trail with %s', async (_what, statement) => {
  const path = await filledVault()
  const { database } = connectSqlite(`${path}.audit`)
  database.exec(statement)
  database.close()
  await expect(createFileVaultStore({ path }).readAudit(0, 9)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})

it('says when its folder is not there', async () => {
  const store = createFileVaultStore({ path: join(await newPath(), 'nowhere', 'keys.vault') })
  await expect(store.compareAndSet(0, 'data')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
})

it('is empty where there is no file, and makes none by reading', async () => {
  const path = await newPath()
  const store = createFileVaultStore({ path })
  expect(await store.read()).toEqual({ revision: 0, data: undefined })
  expect(await store.announcements()).toEqual([])
  expect(await store.readAudit(0, 9)).toEqual({ length: 0, entries: [] })
  expect(await readdir(dirname(path))).toEqual([])
})

it('reads the audit trail page by page, with entries of any length', async () => {
  const path = await newPath()
  const [store, other] = [createFileVaultStore({ path }), createFileVaultStore({ path })]
  const entries = Array.from({ length: 300 }, (_, index) => 'é'.repeat(index === 7 ? 600_000 : index * 37))
  await store.appendAudit(0, entries.slice(0, 200))
  expect(await other.appendAudit(150, ['late'])).toBe(false)
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
  expect(await store.readAudit(301, 5)).toEqual({ length: 300, entries: [] })
})

describe('a clock that is set back', () => {
  const dayMs = 86_400_000
  it.each([
    ['an hour', dayMs / 24],
    ['a year', 365 * dayMs],
  ])('by %s blocks no lease, and fences its holder', async (_what, aheadMs) => {
    const path = await newPath()
    const clock = createFakeClock()
    const store = createFileVaultStore({ path, clock })
    clock.jump(aheadMs)
    const first = await store.lease(60_000)
    clock.jump(-aheadMs)
    const second = await store.lease(60_000)
    expect(second?.epoch).toBe(2)
    expect(await store.lease(60_000)).toBeUndefined()
    await expect(store.compareAndSet(0, 'stale', first?.epoch)).rejects.toMatchObject({
      code: 'ALFRED_VAULT_FENCED',
    })
    expect(await first?.renew(60_000)).toBe(false)
  })

  it('keeps notes that are a little in the future, and drops those that would stay', async () => {
    const path = await newPath()
    const clock = createFakeClock()
    const store = createFileVaultStore({ path, clock })
    clock.jump(365 * dayMs)
    await store.announce('gone', 'gone', 60_000)
    clock.jump(-365 * dayMs)
    await store.announce('here', 'here', 60_000)
    clock.jump(-1000)
    expect(await store.announcements()).toEqual(['here'])
  })
})

describe('a file that is locked', () => {
  it.each([
    ['read', 'BEGIN EXCLUSIVE'],
    ['compareAndSet', 'BEGIN EXCLUSIVE'],
    ['compareAndSet', 'BEGIN IMMEDIATE'],
  ] as const)('%s waits no longer than it may (%s), then goes on', async (call, begin) => {
    const path = await filledVault()
    const store = createFileVaultStore({ path, lockTimeoutMs: 60 })
    const use = () => (call === 'read' ? store.read() : store.compareAndSet(2, 'third'))
    const { database } = connectSqlite(path)
    database.exec(begin)
    await expect(use()).rejects.toMatchObject({
      code: 'ALFRED_STORE_UNAVAILABLE',
      message: expect.stringMatching(/was locked by another process for 60 ms/) as string,
    })
    if (begin === 'BEGIN IMMEDIATE') expect(await store.read()).toEqual({ revision: 2, data: 'second' })
    database.close()
    expect(await use()).toEqual(call === 'read' ? { revision: 2, data: 'second' } : true)
  })

  it('leaves the event loop free meanwhile', async () => {
    const path = await filledVault()
    const { database } = connectSqlite(path)
    database.exec('BEGIN EXCLUSIVE')
    const reading = createFileVaultStore({ path }).read()
    for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
    database.close()
    expect(await reading).toEqual({ revision: 2, data: 'second' })
  })
})

describe('a copy that is put in its place', () => {
  it('by a rename is read at once, by who had the other open as well', async () => {
    const path = await filledVault()
    const store = createFileVaultStore({ path })
    await cp(path, `${path}-copy`)
    await store.compareAndSet(2, 'third')
    await rename(`${path}-copy`, path)
    expect(await store.read()).toEqual({ revision: 2, data: 'second' })
    expect(await store.compareAndSet(3, 'fourth')).toBe(false)
    expect(await store.compareAndSet(2, 'other third')).toBe(true)
  })

  /** A journal that a killed writer left, and the file as it was in the middle of its write. */
  async function killedWriter(path: string): Promise<void> {
    const { database } = connectSqlite(path)
    database.exec(`PRAGMA cache_size = 1; PRAGMA synchronous = FULL; BEGIN; CREATE TABLE filler (a);
      INSERT INTO filler WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 300) SELECT hex(zeroblob(99)) FROM n`)
    await cp(path, `${path}-torn`)
    await cp(`${path}-journal`, `${path}-journal-left`)
    database.close()
    await rename(`${path}-torn`, path)
    await rename(`${path}-journal-left`, `${path}-journal`)
  }

  it('with its own journal is rolled back', async () => {
    const path = await filledVault()
    await killedWriter(path)
    expect(await createFileVaultStore({ path }).read()).toEqual({ revision: 2, data: 'second' })
    expect(await readdir(dirname(path))).not.toContain('keys.vault-journal')
  })

  it('beside the journal of another is refused, and stays as it is', async () => {
    const path = await filledVault()
    const store = createFileVaultStore({ path, lockTimeoutMs: 60 })
    await cp(path, `${path}-copy`)
    for (let revision = 2; revision < 6; revision++) await store.compareAndSet(revision, 'later')
    await killedWriter(path)
    await rename(`${path}-copy`, path)
    const copy = await readFile(path)
    await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_VAULT_FOREIGN_JOURNAL' })
    expect(await readFile(path)).toEqual(copy)
    await rm(`${path}-journal`)
    expect(await store.read()).toEqual({ revision: 2, data: 'second' })
  })
})

it('tells nobody of leases, notes and the trail', async () => {
  const path = await filledVault()
  const [watching, other] = [createFileVaultStore({ path }), createFileVaultStore({ path })]
  let calls = 0
  const called = new Promise<void>((resolve) => {
    watching.watch(() => {
      calls += 1
      resolve()
    })
  })
  await (await other.lease(1000))?.release()
  await other.announce('a', 'note', 1000)
  await other.appendAudit(3, ['four'])
  await utimes(path, new Date(), new Date())
  await other.compareAndSet(2, 'third')
  await called
  expect(calls).toBe(1)
  await watching.close()
})

it.each([
  [{ paht: 'x' }, /vault\.store\.paht.*"path"/],
  [{ path: 'x', lockTimeoutMs: 0 }, /vault\.store\.lockTimeoutMs/],
  [{ path: 'x', lockTimeoutMs: 60_001 }, /vault\.store\.lockTimeoutMs/],
])('names refused options (case %#)', (options, reason) => {
  expect(() => createFileVaultStore(options as never)).toThrow(reason)
})
