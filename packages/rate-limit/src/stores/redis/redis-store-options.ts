import { option, type OptionRule, readOptions } from '@alfred/core'
import {
  redisConnectionConstraints,
  type RedisConnectionOptions,
  redisConnectionRules,
  type ResolvedRedisConnection,
  resolveRedisConnection,
} from '@alfred/core/redis'

/**
 * Options of `createRedisStore`. Exactly one of `url`, `cluster`, `sentinel` and `client` must be given. How long a
 * request waits is the limiter's `deadlineMs`.
 */
export interface RedisStoreOptions extends RedisConnectionOptions {
  /**
   * Begins every key. Two limiters that share it share the counts of policies of the same name.
   *
   * @default 'alfred:rl:'
   */
  readonly prefix?: string | undefined
}

/** {@link RedisStoreOptions} with their defaults. */
export interface ResolvedRedisStoreOptions {
  readonly prefix: string
  readonly connection: ResolvedRedisConnection
}

const shape = option.objectOf<RedisStoreOptions>(
  {
    ...redisConnectionRules,
    prefix: option.string({ pattern: /^[^{}]{1,64}$/, hint: 'at most 64 characters without braces' }),
  },
  redisConnectionConstraints,
)

const rule: OptionRule<ResolvedRedisStoreOptions> = (value, report) => {
  const read = shape(value, report)
  const connection = read && resolveRedisConnection(read)
  return connection && Object.freeze({ prefix: read.prefix ?? 'alfred:rl:', connection })
}

/** Checks the options and fills in the defaults. */
export const resolveRedisStoreOptions = (options: RedisStoreOptions): ResolvedRedisStoreOptions =>
  readOptions('rateLimit.redis', options, rule)
