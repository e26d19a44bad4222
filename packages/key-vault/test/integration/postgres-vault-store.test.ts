import { createPostgresVaultStore, type VaultStore } from '@alfred/key-vault'
import { startPostgres, waitFor } from '@alfred/testkit'
import pg from 'pg'
import { afterAll, afterEach, expect, it } from 'vitest'
import { describeVaultStore } from '../vault-store-conformance.ts'

const postgres = await startPostgres()
const pool = new pg.Pool({ connectionString: postgres.url, max: 8, connectionTimeoutMillis: 10_000 })
const opened: VaultStore[] = []
let names = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
})
afterAll(async () => {
  await pool.end()
  await postgres.stop()
})

const open = (name: string): VaultStore => {
  const store = createPostgresVaultStore({ pool, name, timeoutMs: 20_000 })
  opened.push(store)
  return store
}

describeVaultStore('the PostgreSQL store', () => {
  const name = `vault-${String(names++)}`
  return Promise.resolve(() => open(name))
})

it('makes its tables once, however many begin at once', async () => {
  await pool.query('create schema if not exists elsewhere')
  const stores = Array.from({ length: 6 }, () =>
    createPostgresVaultStore({ pool, tablePrefix: 'elsewhere.keys' }),
  )
  opened.push(...stores)
  await Promise.all(stores.map((store) => store.ready()))
  const { rows } = await pool.query(
    "select table_name from information_schema.tables where table_schema = 'elsewhere' order by 1",
  )
  expect(rows.map((row: { table_name: string }) => row.table_name)).toEqual([
    'keys_audit',
    'keys_documents',
    'keys_leases',
    'keys_notes',
  ])
})

it('asks for its tables when it may not make them', async () => {
  const store = createPostgresVaultStore({ pool, tablePrefix: 'missing', createTables: false })
  opened.push(store)
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
})

it('says in time that PostgreSQL is away, goes on when it is back, and hears of writes again', async () => {
  const own = await startPostgres()
  const ownPool = new pg.Pool({ connectionString: own.url, connectionTimeoutMillis: 500 })
  ownPool.on('error', () => undefined)
  const store = createPostgresVaultStore({ pool: ownPool, timeoutMs: 1_000 })
  try {
    expect(await store.compareAndSet(0, 'data')).toBe(true)
    let told = 0
    store.watch(() => (told += 1))
    own.pause()
    await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    own.resume()
    await waitFor(() => store.read(), { timeoutMs: 10_000 })
    await own.kill()
    await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    await own.restart()
    expect(await waitFor(() => store.read(), { timeoutMs: 10_000 })).toEqual({ revision: 1, data: 'data' })
    let revision = 1
    await waitFor(
      async () => {
        if (await store.compareAndSet(revision, 'more')) revision += 1
        return told > 0
      },
      { timeoutMs: 20_000, intervalMs: 100 },
    )
  } finally {
    await store.close()
    await ownPool.end()
    await own.stop()
  }
})

it('names refused options', () => {
  expect(() => createPostgresVaultStore({ pool, tablePrefix: 'a; drop' })).toThrow(/tablePrefix/)
  expect(() => createPostgresVaultStore({} as never)).toThrow(/vault\.store\.pool: is required/)
})
