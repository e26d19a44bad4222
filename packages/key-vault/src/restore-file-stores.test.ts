import { chmod, cp, link, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClientKeys } from './client-keys/client-keys.ts'
import { createFileClientKeyStore } from './client-keys/stores/file-client-key-store.ts'
import { createFileVaultStore } from './stores/file/file-vault-store.ts'
import { keyEncryptionKeyFromBase64 } from './key-encryption/key-encryption-key.ts'
import { connectSqlite } from './stores/sqlite/sqlite-session.ts'
import { createKeyVault } from './key-vault.ts'
import { backupFileStores } from './backup/backup-file-stores.ts'
import { restoreFileStores, type RestoreFileStoresOptions } from './restore-file-stores.ts'

const keyOf = (byte: number) => keyEncryptionKeyFromBase64(Buffer.alloc(32, byte).toString('base64'))
const keyEncryptionKey = keyOf(1)
const rolledBack = { code: 'ALFRED_VAULT_ROLLED_BACK' }
const tampered = { code: 'ALFRED_VAULT_TAMPERED' }

/** A machine with a vault and client keys, and what one does with them. */
async function createMachine() {
  const folder = await mkdtemp(join(tmpdir(), 'backup-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const at = (name: string): string => join(folder, name)
  const paths = { vault: at('keys.vault'), clientKeys: at('client-keys') }

  async function use<T>(
    work: (opened: {
      vault: ReturnType<typeof createKeyVault>
      clientKeys: ReturnType<typeof createClientKeys>
    }) => Promise<T>,
  ): Promise<T> {
    const vault = createKeyVault({
      store: createFileVaultStore({ path: paths.vault }),
      keyEncryptionKey,
      rotate: false,
    })
    await vault.ready()
    const store = createFileClientKeyStore({ path: paths.clientKeys })
    const clientKeys = createClientKeys({ store, keyEncryptionKey, audit: vault.audit, deadlineMs: 30_000 })
    try {
      await clientKeys.ready()
      return await work({ vault, clientKeys })
    } finally {
      await clientKeys.close()
      await vault.close()
    }
  }
  const rotate = (secret: string) =>
    use(async ({ vault }) => vault.promote('openai', await vault.stage('openai', secret)))
  const current = () => use(({ vault }) => Promise.resolve(vault.get('openai').reveal()))
  const entries = async () => (await createFileVaultStore({ path: paths.vault }).readAudit(0, 0)).length
  const backup = () => backupFileStores({ ...paths, to: at('backup') })
  const restore = (more: Partial<RestoreFileStoresOptions> = {}) =>
    restoreFileStores({ ...paths, from: at('backup'), keyEncryptionKey, actor: 'ada', ...more })
  /** Everything that stands in the folder, to see that nothing changed. */
  const contents = async () => {
    const names = (await readdir(folder)).filter((name) => name !== 'backup').sort()
    return Promise.all(names.map(async (name) => [name, (await readFile(at(name))).toString('base64')]))
  }

  await rotate('sk-first')
  const issued = await use(({ clientKeys }) => clientKeys.create({ name: 'Ada' }))
  return { folder, at, paths, use, rotate, current, entries, backup, restore, contents, issued }
}

describe('a backup', () => {
  it('is a folder for its owner alone, with a digest of each file', async () => {
    const { backup, at } = await createMachine()
    expect(await backup()).toEqual({ folder: at('backup'), revision: 2, auditEntries: 7, clientKeys: 1 })
    expect((await readdir(at('backup'))).sort()).toEqual([
      'backup.json',
      'client-keys',
      'keys.vault',
      'keys.vault.audit',
    ])
    expect((await stat(at('backup'))).mode & 0o777).toBe(0o700)
    for (const name of await readdir(at('backup'))) {
      expect((await stat(join(at('backup'), name))).mode & 0o777).toBe(0o600)
    }
    await expect(backup()).rejects.toMatchObject({ message: expect.stringContaining('exists') as string })
  })

  it('is of one moment, while processes write', async () => {
    const { use, backup, current, restore } = await createMachine()
    await use(async ({ vault }) => {
      const over = new AbortController()
      const writing = (async () => {
        for (let count = 0; !over.signal.aborted; count++) {
          await vault.promote('openai', await vault.stage('openai', `sk-${String(count)}`))
        }
      })()
      await backup()
      over.abort()
      await writing
    })
    const before = await current()
    await restore({ acceptOlder: true })
    expect(await current()).not.toBe(before)
  })

  it('says that there is nothing, or nowhere to write it', async () => {
    const { at } = await createMachine()
    const to = at('backup')
    await expect(backupFileStores({ vault: at('none'), to })).rejects.toMatchObject({
      message: expect.stringContaining('There is no vault') as string,
    })
    await expect(backupFileStores({ vault: at('keys.vault'), to: at('none/backup') })).rejects.toMatchObject({
      code: 'ALFRED_STORE_UNAVAILABLE',
    })
    expect((await readdir(at('.'))).filter((name) => name.startsWith('.'))).toEqual([])
  })
})

describe('a restore', () => {
  it('of the newest state needs no acceptance, and keeps the trail', async () => {
    const { backup, restore, current, entries, at } = await createMachine()
    await backup()
    const before = await entries()
    expect(await restore()).toMatchObject({
      revision: 2,
      trail: 'kept',
      older: false,
      previous: ['keys.vault', 'keys.vault.audit', 'client-keys'].map((name) => `${at(name)}.before-restore`),
    })
    expect(await entries()).toBe(before)
    expect(await current()).toBe('sk-first')
  })

  it.each([
    ['keys.vault', 'a missing vault', (path: string) => rm(path)],
    ['keys.vault', 'a damaged vault', (path: string) => truncate(path, 5000)],
    ['keys.vault', 'rubbish', (path: string) => writeFile(path, 'rubbish')],
    ['client-keys', 'missing client keys', (path: string) => rm(path)],
    ['client-keys', 'an empty file', (path: string) => truncate(path, 0)],
    ['keys.vault.audit', 'a missing trail', (path: string) => rm(path)],
  ])('brings %s back in place of %s', async (name, _what, damage) => {
    const { backup, restore, current, at, use, issued } = await createMachine()
    await backup()
    await damage(at(name))
    expect(await restore()).toMatchObject({ older: false })
    expect(await current()).toBe('sk-first')
    const verdict = await use(({ clientKeys }) => clientKeys.verify(issued.secret.reveal()))
    expect(verdict).toMatchObject({ valid: true })
  })

  it('of an older vault is refused, changes nothing, and is done once it is accepted', async () => {
    const { backup, restore, rotate, current, entries, contents, use } = await createMachine()
    await backup()
    await rotate('sk-second')
    const [known, before] = [await entries(), await contents()]
    await expect(restore()).rejects.toMatchObject(rolledBack)
    expect(await contents()).toEqual(before)
    expect(await restore({ acceptOlder: true })).toMatchObject({ revision: 2, trail: 'kept', older: true })
    expect(await current()).toBe('sk-first')
    expect(await entries()).toBeGreaterThan(known)
    await use(async ({ vault }) => {
      expect((await vault.audit.verify()).intact).toBe(true)
      const restored = (await vault.audit.read(known, 9)).find(({ action }) => action === 'vault.restored')
      expect(restored).toMatchObject({ actor: 'ada', details: { revision: 2 } })
    })
    await rotate('sk-third')
    expect(await current()).toBe('sk-third')
  })

  it.each<[string, (machine: Awaited<ReturnType<typeof createMachine>>) => Promise<unknown>]>([
    ['was revoked since', ({ use, issued }) => use(({ clientKeys }) => clientKeys.revoke(issued.key.id))],
    ['was rotated since', ({ use, issued }) => use(({ clientKeys }) => clientKeys.rotate(issued.key.id))],
    ['was made since', ({ use }) => use(({ clientKeys }) => clientKeys.create({ name: 'Bob' }))],
  ])('is refused when a client key %s, and accepted', async (_what, change) => {
    const machine = await createMachine()
    const { backup, restore, use, issued, contents } = machine
    await backup()
    await change(machine)
    const before = await contents()
    await expect(restore()).rejects.toMatchObject(rolledBack)
    expect(await contents()).toEqual(before)
    expect(await restore({ acceptOlder: true })).toMatchObject({ older: true })
    const verdict = await use(({ clientKeys }) => clientKeys.verify(issued.secret.reveal()))
    expect(verdict).toMatchObject({ valid: true })
  })

  it('reaches processes that run: they read the restored files, and a lease from before is fenced', async () => {
    const { backup, restore, rotate, paths } = await createMachine()
    await backup()
    const [store, clientKeys] = [
      createFileVaultStore({ path: paths.vault }),
      createFileClientKeyStore({ path: paths.clientKeys }),
    ]
    const { position } = await clientKeys.changes()
    const lease = await store.lease(60_000)
    await rotate('sk-second')
    await restore({ acceptOlder: true })
    expect(await store.read()).toMatchObject({ revision: 2 })
    await expect(store.compareAndSet(2, 'stale', lease?.epoch)).rejects.toMatchObject({
      code: 'ALFRED_VAULT_FENCED',
    })
    expect((await clientKeys.changes(position)).ids).toBeUndefined()
    expect(await store.announcements()).toEqual([])
  })

  it('loses no change of a process that runs meanwhile', async () => {
    const { backup, restore, use } = await createMachine()
    await backup()
    let isOver = false
    let staged = 0
    const over = (): void => {
      isOver = true
    }
    const restoring = restore({ acceptOlder: true })
    restoring.then(over, over)
    await use(async ({ vault }) => {
      while (!isOver) {
        await vault.stage('openai', 'sk-meanwhile')
        staged += 1
      }
    }).catch((error: unknown) => {
      // What it has in memory is newer than what was restored.
      expect(error).toMatchObject(rolledBack)
    })
    await restoring
    await use(async ({ vault }) => {
      expect((await vault.audit.verify()).intact).toBe(true)
      const noted = (await vault.audit.read(0, 10_000)).filter(
        ({ action, outcome }) => action === 'vault.change' && outcome === 'done',
      )
      // Two were there before.
      expect(noted.length).toBeGreaterThanOrEqual(2 + staged)
    })
  })

  it('of a vault that is newer than the backup is refused without a trail as well', async () => {
    const { backup, restore, rotate, at } = await createMachine()
    await backup()
    await rotate('sk-second')
    await rm(at('keys.vault.audit'))
    await expect(restore()).rejects.toMatchObject({
      ...rolledBack,
      message: expect.stringMatching(/at 4/) as string,
    })
  })

  it.each<[string, boolean, (path: string) => Promise<unknown>]>([
    ['damaged', true, (path) => truncate(path, 5000)],
    [
      'of another vault',
      true,
      async (path) => {
        await rm(path)
        const folder = await mkdtemp(join(tmpdir(), 'other-'))
        onTestFinished(() => rm(folder, { recursive: true }))
        const vault = createKeyVault({
          store: createFileVaultStore({ path: join(folder, 'keys.vault') }),
          keyEncryptionKey,
          rotate: false,
        })
        await vault.ready()
        for (const secret of ['a', 'b', 'c']) await vault.stage('openai', secret)
        await vault.close()
        await cp(join(folder, 'keys.vault.audit'), path)
      },
    ],
    [
      'shorter than that of the backup',
      false,
      (path) => {
        const { database, ...session } = connectSqlite(path)
        session.run('DELETE FROM entries WHERE number > 2')
        session.setCell('length', 3, null)
        database.close()
        return Promise.resolve()
      },
    ],
  ])('over a trail that is %s needs acceptance: %s', async (_what, needsAcceptance, damage) => {
    const { backup, restore, current, at, use } = await createMachine()
    await backup()
    await damage(at('keys.vault.audit'))
    if (needsAcceptance) await expect(restore()).rejects.toMatchObject(rolledBack)
    expect(await restore({ acceptOlder: needsAcceptance })).toMatchObject({
      trail: 'restored',
      older: needsAcceptance,
    })
    expect(await current()).toBe('sk-first')
    expect(await use(async ({ vault }) => (await vault.audit.verify()).intact)).toBe(true)
  })

  it('on another machine is refused when a head that was kept is newer', async () => {
    const { backup, rotate, use, at } = await createMachine()
    await backup()
    await rotate('sk-second')
    const auditHead = await use(({ vault }) => vault.audit.head())
    const elsewhere = { from: at('backup'), vault: at('new.vault'), keyEncryptionKey }
    await expect(restoreFileStores({ ...elsewhere, auditHead })).rejects.toMatchObject(rolledBack)
    expect(await restoreFileStores({ ...elsewhere, auditHead, acceptOlder: true })).toMatchObject({
      older: true,
    })
    const other = { ...elsewhere, vault: at('other.vault') }
    expect(await restoreFileStores(other)).toMatchObject({ trail: 'restored', older: false, previous: [] })
  })

  it.each<[string, (folder: string) => Promise<unknown>]>([
    [
      'a byte was changed',
      async (folder) => {
        const bytes = await readFile(join(folder, 'keys.vault'))
        bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000)
        await writeFile(join(folder, 'keys.vault'), bytes)
      },
    ],
    ['a file is missing', (folder) => rm(join(folder, 'keys.vault.audit'))],
    ['a file was cut', (folder) => truncate(join(folder, 'client-keys'), 100)],
    ['it has no manifest', (folder) => rm(join(folder, 'backup.json'))],
    ['its manifest is rubbish', (folder) => writeFile(join(folder, 'backup.json'), '{')],
    [
      'its manifest is of another version',
      (folder) => writeFile(join(folder, 'backup.json'), '{"version":2}'),
    ],
  ])('is refused when %s', async (_what, damage) => {
    const { backup, restore, contents, at } = await createMachine()
    await backup()
    await damage(at('backup'))
    const before = await contents()
    await expect(restore()).rejects.toMatchObject(tampered)
    expect(await contents()).toEqual(before)
  })

  it('is refused with another key', async () => {
    const { backup, restore, contents } = await createMachine()
    await backup()
    const before = await contents()
    await expect(restore({ keyEncryptionKey: keyOf(2) })).rejects.toMatchObject({
      code: 'ALFRED_VAULT_WRONG_KEY',
    })
    expect(await contents()).toEqual(before)
  })

  it('makes files of mode 0600 of a backup that anybody may read, and rolls no journal back into them', async () => {
    const { backup, restore, rotate, current, at } = await createMachine()
    await backup()
    for (const name of await readdir(at('backup'))) await chmod(join(at('backup'), name), 0o644)
    await rotate('sk-second')
    // What a writer left that was killed in the middle of its write, over a file that was damaged later.
    const { database } = connectSqlite(at('keys.vault'))
    database.exec("BEGIN; UPDATE cells SET text = 'half' WHERE name = 'document'; PRAGMA user_version = 1")
    await cp(at('keys.vault-journal'), at('left'))
    database.close()
    await link(at('left'), at('keys.vault-journal'))
    await writeFile(at('keys.vault'), 'rubbish')
    await restore({ acceptOlder: true })
    expect(await current()).toBe('sk-first')
    expect((await stat(at('keys.vault'))).mode & 0o777).toBe(0o600)
    expect(await readdir(at('.'))).not.toContain('keys.vault-journal')
  })

  it('names refused options', async () => {
    const { restore } = await createMachine()
    await expect(restore({ acceptOldr: true } as never)).rejects.toThrow(/restore\.acceptOldr.*"acceptOlder"/)
  })
})
