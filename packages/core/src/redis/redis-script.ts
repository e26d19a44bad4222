import { createHash } from 'node:crypto'

/** A Lua script and the digest Redis knows it by. */
export interface RedisScript {
  readonly source: string
  readonly sha: string
}

/**
 * Prepares a Lua script for `RedisConnection.run`. Its keys must share one hash tag, so that a cluster can run it.
 *
 * @example
 * ```ts
 * import { createRedisScript } from '@alfred/core/redis'
 *
 * export const take = createRedisScript(`return redis.call('GETDEL', KEYS[1])`)
 * ```
 */
export const createRedisScript = (source: string): RedisScript =>
  Object.freeze({ source, sha: createHash('sha1').update(source).digest('hex') })
