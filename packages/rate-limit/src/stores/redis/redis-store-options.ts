import { type Logger, loggerRule, noopLogger, option, type OptionRule, readOptions } from '@alfred/core'
import type { Cluster, Redis } from 'ioredis'

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

/** Options of `createRedisStore`. Exactly one of `url`, `cluster`, `sentinel` and `client` must be given. */
export interface RedisStoreOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
  url?: string | undefined
  /** Some nodes of a Redis Cluster, by URL; the others are found through them. */
  cluster?: readonly string[] | undefined
  sentinel?: RedisSentinelOptions | undefined
  /**
   * An ioredis client or cluster whose settings (addresses, TLS, credentials) the store opens a connection of its
   * own with. The client itself is not used.
   */
  client?: Redis | Cluster | undefined
  /** Verifies the server by other authorities; also switches TLS on where the URLs say `redis://`. */
  tls?: RedisTlsOptions | undefined
  /**
   * The version of the Redis protocol; 2 for proxies that do not know `HELLO`.
   *
   * @default 3
   */
  protocol?: 2 | 3 | undefined
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

/** Where to connect to. */
export type RedisSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | { readonly kind: 'sentinel'; readonly sentinel: RedisSentinelOptions }
  | { readonly kind: 'client'; readonly client: Redis | Cluster }

/** {@link RedisStoreOptions} with their defaults. */
export interface ResolvedRedisStoreOptions {
  readonly source: RedisSource
  readonly tls: RedisTlsOptions | undefined
  readonly protocol: 2 | 3 | undefined
  readonly prefix: string
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

const shape = option.objectOf<RedisStoreOptions>(
  {
    url: urlRule,
    cluster: urlsRule,
    sentinel: sentinelRule,
    client: option.withMethods<Redis | Cluster>('duplicate', 'evalsha', 'disconnect'),
    tls: tlsRule,
    protocol: option.oneOf(2, 3),
    prefix: option.string({ pattern: /^[^{}]{1,64}$/, hint: 'at most 64 characters without braces' }),
    timeoutMs: option.integer({ min: 1, max: 60_000 }),
    logger: loggerRule,
  },
  {
    exactlyOne: [['url', 'cluster', 'sentinel', 'client']],
    // The settings of that client are used.
    atMostOne: [
      ['client', 'tls'],
      ['client', 'protocol'],
    ],
  },
)

function sourceOf({ url, cluster, sentinel, client }: RedisStoreOptions): RedisSource | undefined {
  if (url !== undefined) return { kind: 'url', url }
  if (cluster) return { kind: 'cluster', urls: cluster }
  if (sentinel) return { kind: 'sentinel', sentinel }
  return client && { kind: 'client', client }
}

const rule: OptionRule<ResolvedRedisStoreOptions> = (value, report) => {
  const read = shape(value, report)
  if (!read) return undefined
  const source = sourceOf(read)
  return (
    source &&
    Object.freeze({
      source,
      tls: read.tls,
      protocol: read.protocol,
      prefix: read.prefix ?? 'alfred:rl:',
      timeoutMs: read.timeoutMs ?? 1000,
      logger: read.logger ?? noopLogger,
    })
  )
}

/** Checks the options and fills in the defaults. */
export const resolveRedisStoreOptions = (options: RedisStoreOptions): ResolvedRedisStoreOptions =>
  readOptions('rateLimit.redis', options, rule)
