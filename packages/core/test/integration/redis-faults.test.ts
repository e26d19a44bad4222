import {
  createTestCertificate,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startRedisWithTls,
  waitFor,
} from '@alfred/testkit'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { RedisConnection } from '../../src/redis/redis.ts'
import { openRedis, outcome, scripts } from './open-redis.ts'

const timeoutMs = 300
/** Two waits of `timeoutMs`, and what a busy machine adds. */
const maxCallMs = 2000

const answers = (connection: RedisConnection, key = 'key'): Promise<string> =>
  outcome(connection.run(scripts.ping, [key], []))

/** Fails when an answer takes too long, whatever it is. */
async function answersInTime(connection: RedisConnection, key = 'key'): Promise<string> {
  const startedAt = performance.now()
  const answer = await answers(connection, key)
  expect(performance.now() - startedAt).toBeLessThan(maxCallMs)
  return answer
}

const recovers = (connection: RedisConnection, key?: string): Promise<boolean> =>
  waitFor(async () => (await answersInTime(connection, key)) === 'ok', {
    timeoutMs: 25_000,
    what: 'an answer of Redis',
  })

describe('a connection that cannot be made', async () => {
  const encrypted = await startRedisWithTls()
  afterAll(() => encrypted.stop())
  const { url, ca } = encrypted

  it.each([
    ['an authority that nobody knows', { url }, /certificate/],
    [
      'another authority',
      { url, tls: { ca: (await createTestCertificate(['localhost'])).cert } },
      /certificate/,
    ],
    [
      'a name that the certificate is not for',
      { url, tls: { ca, servername: 'redis.example' } },
      /redis\.example/,
    ],
    ['a wrong password', { url: url.replace('p%40ss', 'pass'), tls: { ca } }, /WRONGPASS/],
    ['no password', { url: url.replace(/\/\/\S+@/, '//'), tls: { ca } }, /NOAUTH/],
    ['no server', { url: 'redis://127.0.0.1:1' }, /ECONNREFUSED/],
    ['no cluster', { cluster: ['redis://127.0.0.1:1'] }, /slots/],
    ['no Sentinel', { sentinel: { urls: ['redis://127.0.0.1:1'], name: 'alfred' } }, /sentinels/],
  ])('says why: %s', async (_what, options, cause) => {
    const connection = openRedis({ ...options, timeoutMs })
    const problem = {
      code: 'ALFRED_STORE_UNAVAILABLE',
      cause: { message: expect.stringMatching(cause) as string },
    }
    await expect(connection.ready()).rejects.toMatchObject(problem)
    await expect(connection.run(scripts.ping, ['key'], [])).rejects.toMatchObject(problem)
  })
})

describe('one Redis', () => {
  it('may come later, be killed and come back', async () => {
    await using redis = await startRedis()
    await redis.kill()
    const connection = openRedis({ url: redis.url, timeoutMs })
    expect(await outcome(connection.ready())).toBe('ALFRED_STORE_UNAVAILABLE')
    for (let time = 0; time < 2; time++) {
      await redis.restart()
      await recovers(connection)
      await redis.kill()
      await waitFor(async () => (await answersInTime(connection)) === 'ALFRED_STORE_UNAVAILABLE')
    }
  })

  it('may stop answering: calls end in time, nothing waits for ever, and it goes on', async () => {
    await using redis = await startRedis()
    const connection = openRedis({ url: redis.url, timeoutMs })
    await connection.ready()
    redis.pause()
    const calls = Array.from({ length: 20 }, () => answersInTime(connection))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ALFRED_STORE_UNAVAILABLE']))
    expect(await outcome(connection.ready())).toBe('ALFRED_STORE_UNAVAILABLE')
    redis.resume()
    await recovers(connection)
  })

  it('may become a replica: the connection is made again, and writes go on when it is a master', async () => {
    await using redis = await startRedis()
    const connection = openRedis({ url: redis.url, timeoutMs })
    await connection.ready()
    const inspector = new Redis(redis.url)
    onTestFinished(() => {
      inspector.disconnect()
    })
    const write = (): Promise<string> => outcome(connection.run(scripts.append, ['key'], ['x']))
    await inspector.replicaof('127.0.0.1', 1)
    expect(await write()).toBe('ALFRED_STORE_UNAVAILABLE')
    await inspector.replicaof('NO', 'ONE')
    await waitFor(async () => (await write()) === 'ok')
  })

  it('is subscribed to again after it was away, and says so', async () => {
    await using redis = await startRedis()
    const connection = openRedis({ url: redis.url, timeoutMs })
    const told: string[] = []
    const subscription = connection.subscribe('news', {
      message: (text) => told.push(text),
      subscribed: () => told.push('subscribed'),
      lost: () => told.push('lost'),
    })
    await waitFor(() => subscription.hears)
    await redis.kill()
    await waitFor(() => !subscription.hears)
    await redis.restart()
    await waitFor(() => subscription.hears)
    await recovers(connection)
    await connection.run(scripts.publish, ['key'], ['news', 'hello'])
    await waitFor(() => told.includes('hello'))
    expect(told.filter((each, index) => each !== told[index - 1])).toEqual([
      'subscribed',
      'lost',
      'subscribed',
      'hello',
    ])
  })
})

it('follows Sentinel to the new master', async () => {
  await using sentinel = await startRedisSentinel()
  const connection = openRedis({ sentinel: { urls: [sentinel.url], name: sentinel.name }, timeoutMs })
  await recovers(connection)
  await sentinel.master.kill()
  await waitFor(async () => (await answersInTime(connection)) === 'ALFRED_STORE_UNAVAILABLE')
  await recovers(connection)
})

it.each(['kill', 'pause'] as const)('follows a cluster to a new master: %s', async (fault) => {
  await using cluster = await startRedisCluster()
  const connection = openRedis({ cluster: cluster.urls, timeoutMs })
  await recovers(connection, 'key')
  const write = (): Promise<string> => outcome(connection.run(scripts.append, ['key'], ['x']))
  expect(await write()).toBe('ok')
  const master = await cluster.masterOf('key')
  await master[fault]()
  expect(await write()).toBe('ALFRED_STORE_UNAVAILABLE')
  await waitFor(async () => (await write()) === 'ok', { timeoutMs: 25_000, what: 'the new master' })
  if (fault === 'pause') master.resume()
})
