import {
  AlfredError,
  isAlfredError,
  lifecycle,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  readOptions,
} from '@alfred/core'
import type { Redis } from 'ioredis'
import { compileRule, type CompiledRule, decide } from './compiled-rules.ts'
import type { RateLimitStore, StoreAnswer } from './rate-limit-store.ts'
import { openRedisConnection } from './redis-connection.ts'
import { countScript, lookScript, readReply } from './redis-script.ts'

/** Options of {@link createRedisStore}. Exactly one of `url` and `client` must be given. */
export interface RedisStoreOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
  url?: string | undefined
  /**
   * An ioredis client whose settings (Sentinel, TLS, credentials) the store opens a connection of its own
   * with. The client itself is not used.
   */
  client?: Redis | undefined
  /**
   * Begins every key. Two limiters that share it share the counts of policies of the same name.
   *
   * @default 'alfred:rl:'
   */
  prefix?: string | undefined
  /**
   * Longest wait for a connection, and for a reply before the connection is given up, in milliseconds.
   * How long a request waits is the limiter's `deadlineMs`.
   *
   * @default 1000
   */
  timeoutMs?: number | undefined
  /** @default discards everything */
  logger?: Logger | undefined
}

/** {@link RedisStoreOptions} with their defaults. */
interface ResolvedRedisStoreOptions {
  readonly source: string | Redis
  readonly prefix: string
  readonly timeoutMs: number
  readonly logger: Logger
}

const shape = option.object<RedisStoreOptions>({
  url: option.string({ pattern: /^rediss?:\/\//, hint: 'a redis:// or rediss:// URL' }),
  client: option.withMethods<Redis>('duplicate', 'evalsha', 'disconnect'),
  prefix: option.string({ pattern: /^[^{}]{1,64}$/, hint: 'at most 64 characters without braces' }),
  timeoutMs: option.integer({ min: 1, max: 60_000 }),
  logger: loggerRule,
})

const resolveRedisStoreOptions = (options: RedisStoreOptions): ResolvedRedisStoreOptions =>
  readOptions('rateLimit.redis', options, (value, report) => {
    const read = shape(value, report)
    if (!read) return undefined
    if (options.url !== undefined && options.client !== undefined) {
      report.at('client').add('ALFRED_CONFIG_CONFLICT', 'must not be given together with url.')
    }
    if (options.url === undefined && options.client === undefined) {
      report.at('url').add('ALFRED_CONFIG_MISSING', 'is required, unless client is given.')
    }
    const source = read.url ?? read.client
    return source === undefined
      ? undefined
      : Object.freeze({
          source,
          prefix: read.prefix ?? 'alfred:rl:',
          timeoutMs: read.timeoutMs ?? 1000,
          logger: read.logger ?? noopLogger,
        })
  })

const isMissingScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

function asUnavailable(error: unknown): AlfredError {
  if (isAlfredError(error)) return error
  return new AlfredError('ALFRED_STORE_UNAVAILABLE', 'Redis did not count the request.', { cause: error })
}

function conclude(
  reply: unknown,
  rules: readonly CompiledRule[],
  takes: readonly number[],
  forced: boolean,
): StoreAnswer {
  const states = readReply(reply, rules)
  if (!states) {
    throw new AlfredError('ALFRED_STORE_UNAVAILABLE', 'Redis sent a reply that no script of ours sends.')
  }
  const { admitted, answers } = decide(rules, states, takes, forced)
  return { admitted, answers }
}

/**
 * Builds a store that all processes on one Redis share. All rules of a subject are checked and counted
 * in one script call on one key, by the clock of Redis; every key expires by itself.
 *
 * The store connects at once, keeps trying for as long as Redis is away, and meanwhile rejects every call
 * at once. Nothing is ever sent a second time, except when Redis said that it did not know the script.
 *
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createRateLimiter, createRedisStore } from '@alfred/rate-limit'
 *
 * const store = createRedisStore({ url: 'redis://127.0.0.1:6379' })
 * export const limiter = createRateLimiter({ store })
 * ```
 */
export function createRedisStore(options: RedisStoreOptions): RateLimitStore {
  const { source, prefix, timeoutMs, logger } = resolveRedisStoreOptions(options)
  const connection = openRedisConnection(source, timeoutMs, logger)

  return {
    prepare(given) {
      const rules = given.map(compileRule)
      const ownTakes = rules.map((rule) => rule.take)
      const count = countScript(rules)
      const look = lookScript(rules)
      const charge = countScript(rules, true)
      const none: readonly string[] = []

      return (subject, { costs, forced = false } = {}) => {
        const key = `${prefix}{${subject}}`
        const takes = costs
          ? rules.map(({ algorithm }, place) => (costs[place] ?? 0) * algorithm.unit)
          : ownTakes
        const looks = costs !== undefined && takes.every((take) => take === 0)
        const script = looks ? look : forced ? charge : count
        const args = costs && !looks ? takes.map(String) : none
        const answered = (reply: unknown): StoreAnswer => conclude(reply, rules, takes, forced)
        return connection.run('evalsha', script.sha, key, args).then(answered, (error: unknown) => {
          // Redis was restarted, flushed or replaced: the script did not run, so it may be sent again.
          if (!isMissingScript(error)) throw asUnavailable(error)
          return connection.run('eval', script.source, key, args).then(answered, (cause: unknown) => {
            throw asUnavailable(cause)
          })
        })
      }
    },
    ...lifecycle(
      () => {
        connection.close()
      },
      () => connection.ready(),
    ),
  }
}
