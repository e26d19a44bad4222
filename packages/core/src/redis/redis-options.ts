import { type Logger, loggerRule, noopLogger } from '../logger.ts'
import type { ObjectConstraints } from '../options/object-rule.ts'
import type { OptionRule } from '../options/option-rule.ts'
import { option } from '../options/option-rules.ts'
import { readOptions } from '../options/read-options.ts'

/** TLS towards Redis. The server's certificate is always verified. */
export interface RedisTlsOptions {
  /** Certificates of the authorities to accept, PEM, in place of the well-known ones. */
  readonly ca?: string | undefined
  /** Our own certificate, PEM, where the server asks for one. */
  readonly cert?: string | undefined
  /** The key of `cert`, PEM. */
  readonly key?: string | undefined
  /** The name that the server's certificate must be for. @default the host of the URL */
  readonly servername?: string | undefined
}

/** A master that is found by Redis Sentinel. */
export interface RedisSentinelOptions {
  /** Where the sentinels are: `redis://:password@host:26379`. */
  readonly urls: readonly string[]
  /** The name under which they watch the master. */
  readonly name: string
  /** The master's own credentials. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** @default 0 */
  readonly db?: number | undefined
}

/** An ioredis `Redis` or `Cluster`, of any installed copy. */
export interface RedisClient {
  duplicate(...settings: never[]): unknown
  evalsha(...args: never[]): unknown
  disconnect(): void
}

/** How to reach Redis. Exactly one of `url`, `cluster`, `sentinel` and `client` must be given. */
export interface RedisConnectionOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
  readonly url?: string | undefined
  /** Some nodes of a Redis Cluster, by URL; the others are found through them. */
  readonly cluster?: readonly string[] | undefined
  /** A master that Redis Sentinel watches. */
  readonly sentinel?: RedisSentinelOptions | undefined
  /**
   * An ioredis client or cluster whose settings (addresses, TLS, credentials) the store opens connections of its
   * own with. The client itself is not used.
   */
  readonly client?: RedisClient | undefined
  /** Verifies the server by other authorities; also switches TLS on where the URLs say `redis://`. */
  readonly tls?: RedisTlsOptions | undefined
  /**
   * The version of the Redis protocol; 2 for proxies that do not know `HELLO`.
   *
   * @default 3
   */
  readonly protocol?: 2 | 3 | undefined
  /**
   * Longest wait for a connection, and for a reply before the connection is given up, in milliseconds.
   *
   * @default 1000
   */
  readonly timeoutMs?: number | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
}

/** Where to connect to. */
export type RedisSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | { readonly kind: 'sentinel'; readonly sentinel: RedisSentinelOptions }
  | { readonly kind: 'client'; readonly client: RedisClient }

/** {@link RedisConnectionOptions} with their defaults. */
export interface ResolvedRedisConnection {
  readonly source: RedisSource
  readonly tls: RedisTlsOptions | undefined
  readonly protocol: 2 | 3 | undefined
  readonly timeoutMs: number
  readonly logger: Logger
}

const urlRule = option.string({ pattern: /^rediss?:\/\/\S+$/, hint: 'a redis:// or rediss:// URL' })
const urlsRule = option.list(urlRule, { min: 1 })

const sentinelRule = option.objectOf<RedisSentinelOptions>(
  {
    urls: urlsRule,
    name: option.string(),
    username: option.string(),
    password: option.string(),
    db: option.integer({ min: 0, max: 65_535 }),
  },
  { required: ['urls', 'name'], needs: { username: 'password' } },
)

const pem = option.string({ pattern: /-----BEGIN [A-Z ]+-----/, hint: 'PEM' })
const tlsRule = option.objectOf<RedisTlsOptions>(
  { ca: pem, cert: pem, key: pem, servername: option.string() },
  { needs: { cert: 'key', key: 'cert' } },
)

/** The rule of each option, for the object rule of a store that has more options than these. */
export const redisConnectionRules: {
  readonly [K in keyof RedisConnectionOptions]-?: OptionRule<Exclude<RedisConnectionOptions[K], undefined>>
} = {
  url: urlRule,
  cluster: urlsRule,
  sentinel: sentinelRule,
  client: option.withMethods<RedisClient>('duplicate', 'evalsha', 'disconnect'),
  tls: tlsRule,
  protocol: option.oneOf(2, 3),
  timeoutMs: option.integer({ min: 1, max: 60_000 }),
  logger: loggerRule,
}

/** What holds between them. */
export const redisConnectionConstraints: ObjectConstraints<keyof RedisConnectionOptions> = {
  exactlyOne: [['url', 'cluster', 'sentinel', 'client']],
  // The settings of that client are used.
  atMostOne: [
    ['client', 'tls'],
    ['client', 'protocol'],
  ],
}

function sourceOf({ url, cluster, sentinel, client }: RedisConnectionOptions): RedisSource | undefined {
  if (url !== undefined) return { kind: 'url', url }
  if (cluster) return { kind: 'cluster', urls: cluster }
  if (sentinel) return { kind: 'sentinel', sentinel }
  return client && { kind: 'client', client }
}

/**
 * Fills in the defaults of options that were checked by {@link redisConnectionRules}.
 *
 * @returns `undefined` for options that name no Redis, which the check has reported
 */
export function resolveRedisConnection(
  options: RedisConnectionOptions,
  defaultTimeoutMs = 1000,
): ResolvedRedisConnection | undefined {
  const { tls, protocol, timeoutMs = defaultTimeoutMs, logger = noopLogger } = options
  const source = sourceOf(options)
  return source && Object.freeze({ source, tls, protocol, timeoutMs, logger })
}

const shape = option.objectOf<RedisConnectionOptions>(redisConnectionRules, redisConnectionConstraints)

/**
 * Checks options that are for the connection alone, and fills in the defaults.
 *
 * @param path - how errors call them, such as `sessions.redis`
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 */
export const readRedisConnection = (path: string, options: RedisConnectionOptions): ResolvedRedisConnection =>
  readOptions(path, options, (value, report) => {
    const read = shape(value, report)
    return read && resolveRedisConnection(read)
  })
