import { createRedisVaultStore, type RedisKeyStoreOptions, type VaultStore } from '@alfred/key-vault'
import {
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startRedisWithTls,
  waitFor,
} from '@alfred/testkit'
import { Cluster, Redis } from 'ioredis'
import { afterAll, afterEach, expect, it, onTestFinished } from 'vitest'
import { describeVaultStore } from '../vault-store-conformance.ts'

const [redis, cluster] = await Promise.all([startRedis(), startRedisCluster({ replicas: 0 })])
const inspector = new Redis(redis.url)
const opened: VaultStore[] = []
let names = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
})
afterAll(async () => {
  inspector.disconnect()
  await Promise.all([redis.stop(), cluster.stop()])
})

const openAt = (options: RedisKeyStoreOptions): VaultStore => {
  const store = createRedisVaultStore(options)
  opened.push(store)
  return store
}
const open = (name: string): VaultStore => openAt({ url: redis.url, name })

const places = { Redis: { url: redis.url }, 'a Redis Cluster': { cluster: cluster.urls } }
for (const [place, options] of Object.entries(places)) {
  describeVaultStore(`the store in ${place}`, () => {
    const name = `vault-${String(names++)}`
    return Promise.resolve(() => openAt({ ...options, name }))
  })
}

it('is found by Sentinel, by TLS with an authority of its own, and by a client of a cluster', async () => {
  await using encrypted = await startRedisWithTls()
  await using sentinel = await startRedisSentinel()
  const nodes = cluster.urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }))
  const client = new Cluster(nodes)
  onTestFinished(() => {
    client.disconnect()
  })
  const stores = [
    openAt({ sentinel: { urls: [sentinel.url], name: sentinel.name } }),
    openAt({ url: encrypted.url, tls: { ca: encrypted.ca } }),
    openAt({ client, name: 'lent' }),
  ]
  for (const store of stores) {
    await waitFor(() => store.ready().then(() => true))
    expect(await store.compareAndSet(0, 'data')).toBe(true)
    expect(await store.read()).toEqual({ revision: 1, data: 'data' })
  }
})

it('goes on at the new master of a cluster, and under the lease that it had', async () => {
  await using own = await startRedisCluster()
  const store = openAt({ cluster: own.urls, timeoutMs: 500 })
  await store.ready()
  expect(await store.compareAndSet(0, 'first')).toBe(true)
  const lease = await store.lease(600_000)
  const master = await own.masterOf('alfred:vault:{default}:document')
  const inspecting = new Redis(master.url)
  await inspecting.wait(1, 10_000)
  inspecting.disconnect()
  await master.kill()
  await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
  await waitFor(() => store.read(), { timeoutMs: 25_000, what: 'the new master' })
  expect(await lease?.renew(600_000)).toBe(true)
  expect(await store.compareAndSet(1, 'second', lease?.epoch)).toBe(true)
})

it('keeps everything in one hash slot', async () => {
  const store = open('slot')
  await store.compareAndSet(0, 'data')
  await store.lease(60_000)
  await store.announce('a', 'note', 60_000)
  await store.appendAudit(0, ['entry'])
  const keys = await inspector.keys('alfred:vault:{slot}:*')
  expect(keys.map((key) => key.slice('alfred:vault:{slot}:'.length)).sort()).toEqual([
    'audit',
    'document',
    'epoch',
    'lease',
    'notes',
  ])
})

it('takes the settings of a client and leaves the client alone', async () => {
  const store = openAt({ client: inspector, name: 'client' })
  expect(await store.compareAndSet(0, 'data')).toBe(true)
  await store.close()
  expect(inspector.status).toBe('ready')
})

it('says in time that Redis is away, and goes on when it is back', async () => {
  const own = await startRedis()
  try {
    const store = openAt({ url: own.url, timeoutMs: 300 })
    expect(await store.compareAndSet(0, 'data')).toBe(true)
    own.pause()
    await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    own.resume()
    expect(await store.read()).toEqual({ revision: 1, data: 'data' })
    await own.kill()
    await expect(store.read()).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    await own.restart()
    // The next attempt to connect may be further away than one call waits.
    await waitFor(() => store.ready().then(() => true))
    expect(await store.read()).toEqual({ revision: 0, data: undefined })
  } finally {
    await own.stop()
  }
})

it.each([
  [{}, /vault\.store\.url: is required/],
  [{ url: 'redis://localhost', client: inspector }, /must not be given together with url/],
  [{ uri: 'redis://localhost' }, /"url"/],
  [{ cluster: [] }, /vault\.store\.cluster: must have at least 1 entry/],
  [{ client: inspector, tls: {} }, /vault\.store\.tls: must not be given together with client/],
])('refuses %#', (options, message) => {
  expect(() => createRedisVaultStore(options as never)).toThrow(message)
})
