import { AlfredConfigError, isPlainObject, type Logger } from '@alfred/core'
import { createRedisStore, type RateLimitStore, type RedisStoreOptions } from '@alfred/rate-limit'

const path = 'rateLimit.redis'

/**
 * The store that `rateLimit.redis` asks for; `undefined` when it is left out.
 *
 * @throws `AlfredConfigError`
 */
export function redisStore(
  redis: RedisStoreOptions | undefined,
  store: RateLimitStore | undefined,
  logger: Logger,
): RateLimitStore | undefined {
  if (redis === undefined) return undefined
  if (!isPlainObject(redis)) {
    const message = 'must be an object of options: { url } where Redis is given by its URL.'
    throw new AlfredConfigError([{ path, code: 'ALFRED_CONFIG_WRONG_TYPE', message }])
  }
  if (store !== undefined) {
    const message = 'must not be given together with store: counts are kept in one place.'
    throw new AlfredConfigError([{ path, code: 'ALFRED_CONFIG_CONFLICT', message }])
  }
  return createRedisStore({ ...redis, logger })
}
