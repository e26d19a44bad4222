import { option, type OptionRule, readOptions, requireBeside, requirePackages } from '@alfred/core'
import {
  openRedisConnection,
  redisConnectionConstraints,
  type RedisConnectionOptions,
  redisConnectionRules,
  type RedisScript,
  type ResolvedRedisConnection,
  resolveRedisConnection,
} from '@alfred/core/redis'
import { tellListener } from '../tell-listener.ts'

/** Options of every store in Redis. Exactly one of `url`, `cluster`, `sentinel` and `client` must be given. */
export interface RedisKeyStoreOptions extends RedisConnectionOptions {
  /**
   * Names the store among others on this Redis. It is the hash tag of all keys.
   * @default 'default'
   */
  readonly name?: string | undefined
  /**
   * Longest wait for a connection, and for a reply before the connection is given up, in milliseconds.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined
}

/** A Redis that is to write to its disk before it answers is given more time than one that counts requests. */
const defaultTimeoutMs = 2000

interface ResolvedOptions {
  readonly name: string
  readonly connection: ResolvedRedisConnection
}

const shape = option.objectOf<RedisKeyStoreOptions>(
  {
    ...redisConnectionRules,
    name: option.string({
      pattern: /^[\w.-]{1,64}$/,
      hint: 'letters, digits, dots, underscores and hyphens',
    }),
  },
  redisConnectionConstraints,
)

const rule: OptionRule<ResolvedOptions> = (value, report) => {
  const read = shape(value, report)
  const connection = read && resolveRedisConnection(read, defaultTimeoutMs)
  return connection && { name: read.name ?? 'default', connection }
}

/** Loaded where a store is in Redis: importing ioredis takes longer than importing everything else here. */
function loadIoredis(path: string): unknown {
  const from = import.meta.url
  requirePackages({ names: ['ioredis'], from, option: path })
  return requireBeside(from)('ioredis')
}

/** What a store in Redis consists of. */
export interface KeyedRedisParts<Script extends string> {
  /** The path of the options in errors. */
  readonly path: string
  /** What cannot be reached when Redis is away: `the key vault`. */
  readonly purpose: string
  /** Begins all keys, before the store's name. */
  readonly prefix: string
  /** The names of the keys: `KEYS` of each script. */
  readonly keys: readonly string[]
  readonly scripts: Readonly<Record<Script, RedisScript>>
}

/** A few keys of one hash slot and the scripts that change them. */
export interface KeyedRedis<Script extends string> {
  /** Where changes are published. */
  readonly channel: string
  /**
   * Runs a script, within two times `timeoutMs`.
   *
   * @throws `AlfredError` `ALFRED_STORE_UNAVAILABLE`
   */
  readonly run: (script: Script, ...args: readonly (string | number)[]) => Promise<unknown>
  /** Calls `listener` for what is published and where it may have missed something. Returns what ends it. */
  readonly listen: (listener: () => void) => () => void
  readonly ready: () => Promise<void>
  readonly close: () => void
}

/**
 * Opens Redis for a store.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 */
export function openKeyedRedis<Script extends string>(
  options: RedisKeyStoreOptions,
  { path, purpose, prefix, keys: parts, scripts }: KeyedRedisParts<Script>,
): KeyedRedis<Script> {
  const { name, connection: settings } = readOptions(path, options, rule)
  const base = `${prefix}{${name}}:`
  const keys = parts.map((part) => base + part)
  const channel = `${base}changed`
  const connection = openRedisConnection(settings, { purpose, loadIoredis: () => loadIoredis(path) })
  return {
    channel,
    async run(script, ...args) {
      await connection.ready()
      return connection.run(scripts[script], keys, args)
    },
    listen(listener) {
      const changed = (): void => {
        tellListener(listener)
      }
      const subscription = connection.subscribe(channel, { message: changed, subscribed: changed })
      return () => {
        subscription.close()
      }
    },
    ready: () => connection.ready(),
    close() {
      connection.close()
    },
  }
}
