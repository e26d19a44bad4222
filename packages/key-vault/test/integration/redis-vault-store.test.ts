import { createRedisVaultStore, type VaultStore } from '@alfred/key-vault'
import { startRedis, waitFor } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, it } from 'vitest'
import { describeVaultStore } from '../vault-store-conformance.ts'

const redis = await startRedis()
const inspector = new Redis(redis.url)
const opened: VaultStore[] = []
let names = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
})
afterAll(async () => {
  inspector.disconnect()
  await redis.stop()
})

const open = (name: string, timeoutMs = 2000): VaultStore => {
  const store = createRedisVaultStore({ url: redis.url, name, timeoutMs })
  opened.push(store)
  return store
}

describeVaultStore('the Redis store', () => {
  const name = `vault-${String(names++)}`
  return Promise.resolve(() => open(name))
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
  const store = createRedisVaultStore({ client: inspector, name: 'client' })
  opened.push(store)
  expect(await store.compareAndSet(0, 'data')).toBe(true)
  await store.close()
  expect(inspector.status).toBe('ready')
})

it('says in time that Redis is away, and goes on when it is back', async () => {
  const own = await startRedis()
  try {
    const store = createRedisVaultStore({ url: own.url, timeoutMs: 300 })
    opened.push(store)
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
])('refuses %#', (options, message) => {
  expect(() => createRedisVaultStore(options as never)).toThrow(message)
})
