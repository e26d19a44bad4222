import { createRequire } from 'node:module'
import { onTestFinished } from 'vitest'
import {
  createRedisScript,
  openRedisConnection,
  readRedisConnection,
  type RedisConnection,
  type RedisConnectionOptions,
} from '../../src/redis/redis.ts'

/** Opens a connection that is closed after the test. */
export function openRedis(options: RedisConnectionOptions): RedisConnection {
  const connection = openRedisConnection(readRedisConnection('redis', options), {
    purpose: 'a test',
    loadIoredis: () => createRequire(import.meta.url)('ioredis') as unknown,
  })
  onTestFinished(() => {
    connection.close()
  })
  return connection
}

export const scripts = {
  append: createRedisScript(`redis.call('APPEND', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])`),
  move: createRedisScript(`redis.call('RENAME', KEYS[1], KEYS[2]) return { 1, redis.call('GET', KEYS[2]) }`),
  publish: createRedisScript(`redis.call('PUBLISH', ARGV[1], ARGV[2]) return redis.call('GET', KEYS[1])`),
  ping: createRedisScript(`return KEYS[1]`),
}

/** What a call came to: `ok`, or the code of its error. */
export const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => String(Reflect.get(Object(error), 'code')),
  )
