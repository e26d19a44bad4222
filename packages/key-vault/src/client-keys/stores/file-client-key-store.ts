import { lifecycle } from '@alfred/core'
import { type FileVaultStoreOptions, resolveFileStoreOptions } from '../../stores/file/file-vault-store.ts'
import { damagedRow, rowChecksum } from '../../stores/sqlite/row-checksum.ts'
import { openSqliteFile } from '../../stores/sqlite/sqlite-file.ts'
import { clientKeyFormat } from '../../stores/sqlite/sqlite-format.ts'
import { integerIn, type SqliteRow, type SqliteSession, textIn } from '../../stores/sqlite/sqlite-session.ts'
import { watchSqliteFile } from '../../stores/sqlite/watch-sqlite-file.ts'
import {
  type ClientKeyChanges,
  type ClientKeyStore,
  maxNamedChanges,
  type StoredClientKey,
} from './client-key-store.ts'

/** How many keys are touched in one transaction: about 10 ms of work. */
const touchedAtOnce = 1000

const columns = 'id, revision, data, last_used_at, checksum'

function toStored(row: SqliteRow): StoredClientKey {
  const lastUsedAt = row['last_used_at'] === null ? null : integerIn(row, 'last_used_at')
  const [id, revision, data] = [textIn(row, 'id'), integerIn(row, 'revision'), textIn(row, 'data')]
  if (row['checksum'] !== rowChecksum(id, revision, data, lastUsedAt))
    throw damagedRow(`The client key ${id}`)
  return { id, revision, data, lastUsedAt: lastUsedAt ?? undefined }
}

function findKey(session: SqliteSession, id: string): StoredClientKey | undefined {
  const row = session.get(`SELECT ${columns} FROM client_keys NOT INDEXED WHERE id = ?`, id)
  if (row) return toStored(row)
  if (session.get('SELECT id FROM client_keys INDEXED BY client_keys_backward WHERE id = ?', id)) {
    throw damagedRow(`The client key ${id}`)
  }
  return undefined
}

/** Puts a key in place of the one before. */
export function putClientKey(
  session: SqliteSession,
  { id, revision, data, lastUsedAt = null }: StoredKey,
): void {
  session.run(
    'INSERT OR REPLACE INTO client_keys VALUES (?, ?, ?, ?, ?)',
    id,
    revision,
    data,
    lastUsedAt,
    rowChecksum(id, revision, data, lastUsedAt),
  )
}

/** As it is stored: without a value in place of an absent one. */
type StoredKey = Omit<StoredClientKey, 'lastUsedAt'> & { readonly lastUsedAt?: number | null | undefined }

function changesSince(session: SqliteSession, position: number | undefined): ClientKeyChanges {
  const newest = session.cell('position').number
  if (position === undefined) return { position: newest, ids: [] }
  const count = newest - position
  // Below zero after a restore: then anything may have changed.
  if (count < 0 || count > maxNamedChanges) return { position: newest, ids: undefined }
  const rows = session.all(
    'SELECT position, id, checksum FROM changes WHERE position > ? ORDER BY position',
    position,
  )
  const ids = rows.map((row, index) => {
    const id = textIn(row, 'id')
    const expected = position + 1 + index
    if (row['position'] !== expected || row['checksum'] !== rowChecksum(expected, id)) {
      throw damagedRow('The list of changed client keys')
    }
    return id
  })
  if (ids.length !== count) throw damagedRow('The list of changed client keys')
  return { position: newest, ids: [...new Set(ids)] }
}

/** Makes whoever has seen a position up to this one look at all keys again. */
export function forgetChanges(session: SqliteSession, position: number): void {
  session.run('DELETE FROM changes')
  session.setCell('position', position + maxNamedChanges + 1, null)
}

function noteChange(session: SqliteSession, id: string): void {
  const position = session.cell('position').number + 1
  session.setCell('position', position, null)
  session.run('INSERT INTO changes VALUES (?, ?, ?)', position, id, rowChecksum(position, id))
  session.run('DELETE FROM changes WHERE position <= ?', position - maxNamedChanges)
}

/**
 * A store in a SQLite file of mode 0600, for one machine; several processes may share it. It is written as the vault's file
 * is, and backed up with it.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject as those of `createFileVaultStore` do
 *
 * @example
 * ```ts
 * import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
 *
 * export const store = createFileClientKeyStore({ path: '.data/client-keys' })
 * ```
 */
export function createFileClientKeyStore(options: FileVaultStoreOptions): ClientKeyStore {
  const { path, lockTimeoutMs } = resolveFileStoreOptions('clientKeys.store', options)
  const file = openSqliteFile({ path, format: clientKeyFormat, lockTimeoutMs })
  const stops = new Set<() => void>()

  return {
    find: (id) => file.read((session) => findKey(session, id)),
    async list(after = '', limit) {
      const keys = await file.read((session) => {
        const page = session
          .all(
            `SELECT ${columns} FROM client_keys NOT INDEXED WHERE id > ? ORDER BY id LIMIT ?`,
            after,
            limit,
          )
          .map(toStored)
        const ids = session.all(
          'SELECT id FROM client_keys INDEXED BY client_keys_backward WHERE id > ? ORDER BY id LIMIT ?',
          after,
          limit,
        )
        if (ids.length !== page.length || ids.some(({ id }, index) => id !== page[index]?.id)) {
          throw damagedRow(`The list of client keys in ${path}`)
        }
        return page
      })
      return keys ?? []
    },
    write: (id, expected, data) =>
      file.write((session) => {
        const found = findKey(session, id)
        if ((found?.revision ?? 0) !== expected) return false
        putClientKey(session, { id, revision: expected + 1, data, lastUsedAt: found?.lastUsedAt })
        noteChange(session, id)
        return true
      }),
    async touch(uses) {
      const all = [...uses]
      for (let start = 0; start < all.length; start += touchedAtOnce) {
        await file.write((session) => {
          for (const [id, lastUsedAt] of all.slice(start, start + touchedAtOnce)) {
            const found = findKey(session, id)
            if (found && (found.lastUsedAt ?? 0) < lastUsedAt) putClientKey(session, { ...found, lastUsedAt })
          }
        })
      }
    },
    async changes(position) {
      const changes = await file.read((session) => changesSince(session, position))
      return changes ?? { position: 0, ids: position === undefined || position === 0 ? [] : undefined }
    },
    async readPepper() {
      const pepper = await file.read((session) => session.cell('pepper').text)
      return pepper ?? undefined
    },
    replacePepper: (expected, pepper) =>
      file.write((session) => {
        if ((session.cell('pepper').text ?? undefined) !== expected) return false
        session.setCell('pepper', 0, pepper)
        return true
      }),
    watch(onChange) {
      const position = (): Promise<number | undefined> =>
        file.read((session) => session.cell('position').number)
      const end = watchSqliteFile(path, position, onChange)
      stops.add(end)
      return () => {
        end()
        stops.delete(end)
      }
    },
    ...lifecycle(() => {
      for (const stop of stops) stop()
      stops.clear()
    }),
  }
}
