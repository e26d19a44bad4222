import {
  type ClientKeyStore,
  createPostgresClientKeyStore,
  createRedisClientKeyStore,
} from '@alfred/key-vault/client-keys'
import { startPostgres, startRedis, startRedisCluster } from '@alfred/testkit'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, afterEach, expect, it } from 'vitest'
import { describeClientKeyStore } from '../client-key-store-conformance.ts'

const [redis, cluster, postgres] = await Promise.all([
  startRedis(),
  startRedisCluster({ replicas: 0 }),
  startPostgres(),
])
const inspector = new Redis(redis.url)
const pool = new pg.Pool({ connectionString: postgres.url, max: 8, connectionTimeoutMillis: 10_000 })
const opened: ClientKeyStore[] = []
let names = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
})
afterAll(async () => {
  inspector.disconnect()
  await pool.end()
  await Promise.all([redis.stop(), cluster.stop(), postgres.stop()])
})

const opening = (store: ClientKeyStore): ClientKeyStore => {
  opened.push(store)
  return store
}

const places = { Redis: { url: redis.url }, 'a Redis Cluster': { cluster: cluster.urls } }
for (const [place, options] of Object.entries(places)) {
  describeClientKeyStore(
    `store of client keys in ${place}`,
    () => {
      const name = `keys-${String(names++)}`
      return Promise.resolve(() => opening(createRedisClientKeyStore({ ...options, name })))
    },
    { notifies: true },
  )
}

describeClientKeyStore(
  'PostgreSQL store of client keys',
  () => {
    const name = `keys-${String(names++)}`
    return Promise.resolve(() => opening(createPostgresClientKeyStore({ pool, name, timeoutMs: 20_000 })))
  },
  { notifies: true },
)

it.each(['redis', 'postgres'])('names no more changes than anybody wants to read: %s', async (kind) => {
  const name = `many-${kind}`
  const store = opening(
    kind === 'redis'
      ? createRedisClientKeyStore({ url: redis.url, name })
      : createPostgresClientKeyStore({ pool, name }),
  )
  const ids = Array.from({ length: 1001 }, (_, number) => `key${String(number).padStart(9, '0')}`)
  for (const id of ids) await store.write(id, 0, 'data')
  expect((await store.changes(0)).ids).toBeUndefined()
  expect((await store.changes(1)).ids).toHaveLength(1000)
})

it('keeps everything of Redis in one hash slot', async () => {
  const store = opening(createRedisClientKeyStore({ url: redis.url, name: 'slot' }))
  await store.write('key000000001', 0, 'data')
  await store.touch(new Map([['key000000001', 1]]))
  await store.replacePepper(undefined, 'pepper')
  const keys = await inspector.keys('alfred:client-keys:*slot*')
  expect(keys.sort()).toEqual(
    ['changes', 'data', 'ids', 'pepper', 'position', 'revisions', 'used'].map(
      (part) => `alfred:client-keys:{slot}:${part}`,
    ),
  )
})

it('makes its tables once, however many begin at once, or not at all', async () => {
  await pool.query('create schema if not exists elsewhere')
  const tablePrefix = 'elsewhere.client'
  const stores = Array.from({ length: 6 }, () => opening(createPostgresClientKeyStore({ pool, tablePrefix })))
  await Promise.all(stores.map((store) => store.ready()))
  const { rows } = await pool.query(
    "select table_name from information_schema.tables where table_schema = 'elsewhere' order by 1",
  )
  expect(rows).toEqual([{ table_name: 'client_key_state' }, { table_name: 'client_keys' }])
  const without = opening(createPostgresClientKeyStore({ pool, tablePrefix: 'missing', createTables: false }))
  await expect(without.readPepper()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
})
