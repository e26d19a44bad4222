import { AlfredError, lifecycle } from '@alfred/core'
import { createFileVaultStore, type FileVaultStoreOptions } from '../file-vault-store.ts'
import { createMemoryVaultStore } from '../memory-vault-store.ts'
import type { VaultSnapshot, VaultStore } from '../vault-store.ts'
import { type ClientKeyStore, maxNamedChanges, type StoredClientKey } from './client-key-store.ts'

/** A key, with the revision of the document that it was written in. */
interface Row {
  readonly revision: number
  readonly position: number
  readonly data: string
  readonly lastUsedAt?: number | undefined
}

interface Document {
  readonly pepper?: string | undefined
  readonly keys: Readonly<Record<string, Row>>
}

interface Loaded {
  readonly revision: number
  readonly pepper: string | undefined
  readonly rows: ReadonlyMap<string, Row>
}

/** Each failure means that another writer got on. */
const maxAttempts = 64

function parse({ revision, data }: VaultSnapshot): Loaded {
  if (data === undefined) return { revision, pepper: undefined, rows: new Map() }
  try {
    // What is in a row is authenticated by whoever reads it.
    const { pepper, keys } = JSON.parse(data) as Document
    return { revision, pepper, rows: new Map(Object.entries(keys)) }
  } catch {
    throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The file of the client keys is damaged.')
  }
}

const toStored = (id: string, { revision, data, lastUsedAt }: Row): StoredClientKey => ({
  id,
  revision,
  data,
  lastUsedAt,
})

/** Keeps all client keys in one document of `place`: for thousands of keys, not for millions. */
function createDocumentClientKeyStore(place: VaultStore): ClientKeyStore {
  let cached: Loaded | undefined
  const load = async (): Promise<Loaded> => {
    const snapshot = await place.read()
    if (snapshot.revision !== cached?.revision) cached = parse(snapshot)
    return cached
  }

  /** @param change - the changed document, or `undefined` to leave it as it is */
  const mutate = async (
    change: (loaded: Loaded) => Omit<Loaded, 'revision'> | undefined,
  ): Promise<boolean> => {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const loaded = await load()
      const changed = change(loaded)
      if (!changed) return false
      const document: Document = { pepper: changed.pepper, keys: Object.fromEntries(changed.rows) }
      if (await place.compareAndSet(loaded.revision, JSON.stringify(document))) return true
    }
    throw new AlfredError('ALFRED_VAULT_CONFLICT', 'Other writers were always first. Try again.')
  }

  return {
    async find(id) {
      const row = (await load()).rows.get(id)
      return row && toStored(id, row)
    },
    async list(after, limit) {
      const { rows } = await load()
      return [...rows]
        .filter(([id]) => after === undefined || id > after)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([id, row]) => toStored(id, row))
    },
    write: (id, expected, data) =>
      mutate(({ revision, pepper, rows }) => {
        const row = rows.get(id)
        if ((row?.revision ?? 0) !== expected) return undefined
        const written: Row = { ...row, revision: expected + 1, position: revision + 1, data }
        return { pepper, rows: new Map(rows).set(id, written) }
      }),
    async touch(uses) {
      await mutate(({ pepper, rows }) => {
        const touched = new Map(rows)
        let changed = false
        for (const [id, lastUsedAt] of uses) {
          const row = rows.get(id)
          if (!row || (row.lastUsedAt ?? 0) >= lastUsedAt) continue
          touched.set(id, { ...row, lastUsedAt })
          changed = true
        }
        return changed ? { pepper, rows: touched } : undefined
      })
    },
    async changes(position = Infinity) {
      const { revision, rows } = await load()
      const ids = [...rows].filter(([, row]) => row.position > position).map(([id]) => id)
      return { position: revision, ids: ids.length > maxNamedChanges ? undefined : ids }
    },
    readPepper: async () => (await load()).pepper,
    replacePepper: (expected, pepper) =>
      mutate((loaded) => (loaded.pepper === expected ? { pepper, rows: loaded.rows } : undefined)),
    watch: (onChange) => place.watch(onChange),
    ...lifecycle(
      () => place.close(),
      () => place.ready(),
    ),
  }
}

/** A store that lasts as long as the process: for tests. */
export const createMemoryClientKeyStore = (): ClientKeyStore =>
  createDocumentClientKeyStore(createMemoryVaultStore())

/**
 * A store in one file of mode 0600, for one machine; several processes may share it. It is written as the vault's
 * file is: temporary file, sync, hard link, rename.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject as those of `createFileVaultStore` do
 *
 * @example
 * ```ts
 * import { createFileClientKeyStore } from '@alfred/key-vault'
 *
 * export const store = createFileClientKeyStore({ path: '.data/client-keys' })
 * ```
 */
export const createFileClientKeyStore = (options: FileVaultStoreOptions): ClientKeyStore =>
  createDocumentClientKeyStore(createFileVaultStore(options))
