import {
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startRedisWithTls,
  waitFor,
} from '@alfred/testkit'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { RedisConnectionOptions } from '../../src/redis/redis.ts'
import { openRedis, scripts } from './open-redis.ts'

const [redis, cluster, sentinel, encrypted] = await Promise.all([
  startRedis(),
  startRedisCluster({ replicas: 0 }),
  startRedisSentinel(),
  startRedisWithTls(),
])
const nodes = cluster.urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }))
const clients = { one: new Redis(redis.url, { lazyConnect: true }), cluster: new Cluster(nodes) }
afterAll(async () => {
  clients.one.disconnect()
  clients.cluster.disconnect()
  await Promise.all([redis.stop(), cluster.stop(), sentinel.stop(), encrypted.stop()])
})

const places: readonly (readonly [string, RedisConnectionOptions])[] = [
  ['a URL', { url: redis.url }],
  ['version 2 of the protocol', { url: redis.url, protocol: 2 }],
  ['a client', { client: clients.one }],
  ['a cluster', { cluster: cluster.urls.slice(0, 1) }],
  ['a client of a cluster', { client: clients.cluster }],
  ['Sentinel', { sentinel: { urls: [sentinel.url], name: sentinel.name } }],
  ['TLS with an authority of its own', { url: encrypted.url, tls: { ca: encrypted.ca } }],
]

describe.each(places)('a connection by %s', (place, options) => {
  const key = (name: string): string => `{${place}}:${name}`

  it('runs scripts, with replies of text and of bytes', async () => {
    const connection = openRedis(options)
    await connection.ready()
    expect(await connection.run(scripts.append, [key('a')], ['é'])).toBe('é')
    expect(await connection.runBytes(scripts.append, [key('a')], [1])).toEqual(Buffer.from('é1'))
    expect(await connection.run(scripts.move, [key('a'), key('b')], [])).toEqual([1, 'é1'])
  })

  it('reaches every node', async () => {
    const connection = openRedis(options)
    await connection.ready()
    const keys = Array.from({ length: 50 }, (_, index) => `key ${String(index)}`)
    expect(await Promise.all(keys.map((one) => connection.run(scripts.ping, [one], [])))).toEqual(keys)
  })

  it('hears what another connection publishes, until it stops listening', async () => {
    const [listening, publishing] = [openRedis(options), openRedis(options)]
    await publishing.ready()
    const heard: string[] = []
    const subscription = listening.subscribe(key('news'), { message: (text) => heard.push(text) })
    const publish = (text: string): Promise<unknown> =>
      publishing.run(scripts.publish, [key('a')], [key('news'), text])
    // A cluster does not tell when its subscription stands.
    await waitFor(async () => {
      await publish('first')
      return heard.length > 0
    })
    subscription.close()
    const before = heard.length
    const other = listening.subscribe(key('other'), { message: (text) => heard.push(`other ${text}`) })
    await waitFor(async () => {
      await publish('second')
      await publishing.run(scripts.publish, [key('a')], [key('other'), 'third'])
      return heard.includes('other third')
    })
    expect(heard.slice(before).filter((text) => text !== 'other third')).toEqual([])
    expect(subscription.hears).toBe(false)
    other.close()
  })

  it('rejects after it was closed', async () => {
    const connection = openRedis(options)
    await connection.ready()
    connection.close()
    await expect(connection.ready()).rejects.toMatchObject({ code: 'ALFRED_LIFECYCLE_CLOSED' })
    await expect(connection.run(scripts.ping, ['a'], [])).rejects.toMatchObject({
      code: 'ALFRED_STORE_UNAVAILABLE',
    })
  })
})

it('leaves a lent client alone', async () => {
  const connection = openRedis({ client: clients.one })
  await connection.ready()
  connection.close()
  expect(clients.one.status).toBe('wait')
})

it('reads numbers as numbers, whatever a lent client does', async () => {
  const lent = new Redis(redis.url, { stringNumbers: true, lazyConnect: true })
  onTestFinished(() => {
    lent.disconnect()
  })
  const connection = openRedis({ client: lent })
  await connection.ready()
  await connection.run(scripts.append, ['numbers:a'], ['x'])
  expect(await connection.run(scripts.move, ['numbers:a', 'numbers:b'], [])).toEqual([1, 'x'])
})

it('sends a script in full when Redis has forgotten it', async () => {
  const connection = openRedis({ url: redis.url })
  await connection.ready()
  const inspector = new Redis(redis.url)
  onTestFinished(() => {
    inspector.disconnect()
  })
  await connection.run(scripts.append, ['forgotten'], ['a'])
  await inspector.script('FLUSH')
  expect(await connection.run(scripts.append, ['forgotten'], ['b'])).toBe('ab')
})

it('connects to a cluster at the first attempt', async () => {
  const inspectors = cluster.urls.map((url) => new Redis(url))
  onTestFinished(() => {
    for (const inspector of inspectors) inspector.disconnect()
  })
  const received = async (): Promise<number> => {
    const stats = await Promise.all(inspectors.map((inspector) => inspector.info('stats')))
    return stats.reduce((sum, text) => sum + Number(/total_connections_received:(\d+)/.exec(text)?.[1]), 0)
  }
  const before = await received()
  for (let time = 0; time < 10; time++) {
    const connection = openRedis({ cluster: cluster.urls.slice(0, 1) })
    await connection.ready()
    connection.close()
  }
  // One for each master, and one or two to learn of them.
  expect((await received()) - before).toBeLessThanOrEqual(10 * (cluster.urls.length + 2))
})
