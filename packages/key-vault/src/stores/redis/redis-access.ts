import { createRequire } from 'node:module'
import {
  AlfredError,
  isAlfredError,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
} from '@alfred/core'
import type * as IORedis from 'ioredis'
import type { Redis, RedisOptions } from 'ioredis'
import { tellListener } from '../tell-listener.ts'

/** Loaded where a store is in Redis: importing ioredis takes longer than importing everything else here. */
const ioredis = (): typeof IORedis => createRequire(import.meta.url)('ioredis') as typeof IORedis

/** Options of every store in Redis. Exactly one of `url` and `client` must be given. */
export interface RedisConnectionOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
  readonly url?: string | undefined
  /**
   * An ioredis client whose settings (Sentinel, TLS, credentials) the store opens connections of its own with.
   * The client itself is not used.
   */
  readonly client?: Redis | undefined
  /**
   * Names the store among others on this Redis. It is the hash tag of all keys.
   * @default 'default'
   */
  readonly name?: string | undefined
  /**
   * Longest wait for a connection and for an answer, in milliseconds.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined
  /** @default silent */
  readonly logger?: Logger | undefined
}

/** The options with everything decided. */
export interface RedisConnection {
  readonly source: string | Redis
  readonly name: string
  readonly timeoutMs: number
  readonly logger: Logger
}

const clientWithMethods = option.withMethods<Redis>('duplicate', 'eval', 'disconnect')

/** `duplicate()` of a Cluster client takes other settings: the bounds on time would be lost without a word. */
const clientRule: OptionRule<Redis> = (value, report) => {
  const client = clientWithMethods(value, report)
  if (client === undefined || !Reflect.get(client, 'isCluster')) return client
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a client of one Redis or of Sentinel, not of a Cluster.')
  return undefined
}

const shape = option.objectOf<RedisConnectionOptions>(
  {
    url: option.string({ pattern: /^rediss?:\/\//, hint: 'a redis:// or rediss:// URL' }),
    client: clientRule,
    name: option.string({
      pattern: /^[\w.-]{1,64}$/,
      hint: 'letters, digits, dots, underscores and hyphens',
    }),
    timeoutMs: option.integer({ min: 1, max: 60_000 }),
    logger: loggerRule,
  },
  { exactlyOne: [['url', 'client']] },
)

/** Checks the options and fills in the defaults. @throws `AlfredConfigError` */
export const resolveRedisConnection = (path: string, options: RedisConnectionOptions): RedisConnection =>
  readOptions(path, options, (value, report) => {
    const read = shape(value, report)
    if (!read) return undefined
    const { url, client, name = 'default', timeoutMs = 2000, logger = noopLogger } = read
    const source = url ?? client
    return source === undefined ? undefined : { source, name, timeoutMs, logger }
  })

/** Resolves when the client is connected; rejects after `timeoutMs`. */
const connected = (client: Redis, timeoutMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    if (client.status === 'ready') {
      resolve()
      return
    }
    const finish = (settle: () => void) => () => {
      clearTimeout(timer)
      client.off('ready', ready)
      settle()
    }
    const ready = finish(resolve)
    const timer = setTimeout(
      finish(() => {
        reject(new Error(`no connection within ${String(timeoutMs)} ms`))
      }),
      timeoutMs,
    )
    timer.unref()
    client.once('ready', ready)
  })

/** Redis as a store uses it. Every failure is an `AlfredError` `ALFRED_STORE_UNAVAILABLE`. */
export interface RedisAccess {
  /** Runs a script, within two times `timeoutMs`. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /** Calls `listener` for what is published, over a second connection. Returns what ends it. */
  listen(channel: string, listener: () => void): () => void
  ready(): Promise<void>
  close(): void
}

/**
 * Opens a connection of its own.
 *
 * @param what - what cannot be reached when Redis is away, as in `The vault`
 */
export function openRedis({ source, timeoutMs, logger }: RedisConnection, what: string): RedisAccess {
  const clients: Redis[] = []

  const open = (settings: { readonly commandTimeout?: number }): Redis => {
    const bounded = {
      // A command that waits in a queue would be done after its caller was told that it was not.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      connectTimeout: timeoutMs,
      retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 6), 500),
      // After a failover the connection may still lead to the former master.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...settings,
    } satisfies RedisOptions
    const client =
      typeof source === 'string' ? new (ioredis().Redis)(source, bounded) : source.duplicate(bounded)
    let reported = false
    client.on('error', (error) => {
      // ioredis repeats the error at every attempt.
      if (!reported) logger.warn({ err: error }, `${what}: the connection to Redis failed`)
      reported = true
    })
    client.on('ready', () => (reported = false))
    clients.push(client)
    return client
  }

  const client = open({ commandTimeout: timeoutMs })
  const unavailable = (cause: unknown): AlfredError =>
    isAlfredError(cause)
      ? cause
      : new AlfredError('ALFRED_STORE_UNAVAILABLE', `${what} cannot be reached in Redis.`, { cause })

  const listeners = new Set<() => void>()
  let subscribed = false
  const subscribe = (channel: string): void => {
    if (subscribed) return
    subscribed = true
    const subscriber = open({})
    subscriber.on('message', () => {
      for (const listener of listeners) listener()
    })
    subscriber.once('ready', () => {
      // When it fails the connection is lost too, and ioredis subscribes again or the polling goes on.
      subscriber.subscribe(channel).catch(() => undefined)
    })
  }

  return {
    async run(script, keys, args) {
      try {
        await connected(client, timeoutMs)
        return await client.eval(script, keys.length, ...[...keys, ...args])
      } catch (error) {
        throw unavailable(error)
      }
    },
    listen(channel, listener) {
      const own = (): void => {
        tellListener(listener)
      }
      listeners.add(own)
      subscribe(channel)
      return () => listeners.delete(own)
    },
    ready: () => connected(client, timeoutMs).catch((error: unknown) => Promise.reject(unavailable(error))),
    close() {
      for (const one of clients) one.disconnect()
    },
  }
}
