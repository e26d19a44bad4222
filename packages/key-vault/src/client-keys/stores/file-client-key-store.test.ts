import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { ClientKeyStore } from './client-key-store.ts'
import { rowChecksum } from '../../stores/sqlite/row-checksum.ts'
import { connectSqlite } from '../../stores/sqlite/sqlite-session.ts'
import { describeClientKeyStore } from '../../../test/client-key-store-conformance.ts'
import { createFileClientKeyStore } from './file-client-key-store.ts'

const id2 = 'key000000002'

async function newPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alfred-client-keys-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return join(directory, 'client-keys')
}

describeClientKeyStore(
  'file store of client keys',
  async () => {
    const path = await newPath()
    return () => createFileClientKeyStore({ path })
  },
  { notifies: true },
)

it('writes a file for its owner alone', async () => {
  const path = await newPath()
  await createFileClientKeyStore({ path }).write('key000000001', 0, 'data')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

/** Two keys and a pepper. */
async function filledFile(): Promise<string> {
  const path = await newPath()
  const store = createFileClientKeyStore({ path })
  await store.replacePepper(undefined, 'pepper')
  await store.write('key000000001', 0, 'one')
  await store.write('key000000002', 0, 'two')
  return path
}

const tampered = { code: 'ALFRED_VAULT_TAMPERED' }

it.each<[string, string, (store: ClientKeyStore) => Promise<unknown>]>([
  [
    'an altered record',
    "UPDATE client_keys SET data = 'x' WHERE id = 'key000000002'",
    (store) => store.find(id2),
  ],
  ['an altered time', 'UPDATE client_keys SET last_used_at = 7', (store) => store.list(undefined, 9)],
  ['an altered pepper', "UPDATE cells SET text = 'x' WHERE name = 'pepper'", (store) => store.readPepper()],
  ['a missing change', 'DELETE FROM changes WHERE position = 2', (store) => store.changes(0)],
  ['a change of another key', "UPDATE changes SET id = 'x' WHERE position = 2", (store) => store.changes(0)],
  ['another kind of file', 'PRAGMA application_id = 7', (store) => store.find(id2)],
])('refuses %s', async (_what, statement, use) => {
  const path = await filledFile()
  const { database } = connectSqlite(path)
  database.exec(statement)
  database.close()
  await expect(use(createFileClientKeyStore({ path }))).rejects.toMatchObject(tampered)
})

it('touches thousands of keys, in several transactions', async () => {
  const path = await filledFile()
  const store = createFileClientKeyStore({ path })
  const uses = new Map(Array.from({ length: 2500 }, (_, index) => [`absent${String(index)}`, 5] as const))
  await store.touch(new Map([...uses, [id2, 7]]))
  expect(await store.find(id2)).toMatchObject({ lastUsedAt: 7 })
})

it('names changes up to a thousand, and says so when they are more', async () => {
  const path = await filledFile()
  const session = connectSqlite(path)
  session.database.exec('BEGIN')
  for (let position = 3; position <= 1001; position++) {
    session.run('INSERT INTO changes VALUES (?, ?, ?)', position, id2, rowChecksum(position, id2))
  }
  session.setCell('position', 1001, null)
  session.database.exec('COMMIT')
  session.database.close()
  const store = createFileClientKeyStore({ path })
  expect(await store.changes(0)).toEqual({ position: 1001, ids: undefined })
  expect(await store.changes(1)).toEqual({ position: 1001, ids: [id2] })
  await store.write(id2, 1, 'two')
  expect(await store.changes(1)).toEqual({ position: 1002, ids: undefined })
  expect(await store.changes(2)).toEqual({ position: 1002, ids: [id2] })
})

it('says that anything may have changed when it is older than what was seen', async () => {
  const store = createFileClientKeyStore({ path: await filledFile() })
  expect(await store.changes(3)).toEqual({ position: 2, ids: undefined })
})
