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
import { Redis, type RedisOptions } from 'ioredis'
import { fenced } from './fenced.ts'
import { redisScripts } from './redis-scripts.ts'
import type { VaultStore } from './vault-store.ts'

/** Options of `createRedisVaultStore`. Exactly one of `url` and `client` must be given. */
export interface RedisVaultStoreOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
  readonly url?: string | undefined
  /**
   * An ioredis client whose settings (Sentinel, TLS, credentials) the store opens connections of its own with.
   * The client itself is not used.
   */
  readonly client?: Redis | undefined
  /**
   * Names the vault among others on this Redis. It is the hash tag of all keys.
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

const shape = option.object<RedisVaultStoreOptions>({
  url: option.string({ pattern: /^rediss?:\/\//, hint: 'a redis:// or rediss:// URL' }),
  client: option.withMethods<Redis>('duplicate', 'eval', 'disconnect'),
  name: option.string({ pattern: /^[\w.-]{1,64}$/, hint: 'letters, digits, dots, underscores and hyphens' }),
  timeoutMs: option.integer({ min: 1, max: 60_000 }),
  logger: loggerRule,
})

const resolveOptions = (options: RedisVaultStoreOptions) =>
  readOptions('vault.store', options, (value, report) => {
    const read = shape(value, report)
    if (!read) return undefined
    const { url, client, name = 'default', timeoutMs = 2000, logger = noopLogger } = read
    if (url !== undefined && client !== undefined) {
      report.at('client').add('ALFRED_CONFIG_CONFLICT', 'must not be given together with url.')
    }
    const source = url ?? client
    if (source === undefined)
      report.at('url').add('ALFRED_CONFIG_MISSING', 'is required, unless client is given.')
    return source === undefined ? undefined : { source, name, timeoutMs, logger }
  })

const unavailable = (cause: unknown): AlfredError =>
  isAlfredError(cause)
    ? cause
    : new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The vault cannot be reached in Redis.', { cause })

const texts = (reply: unknown): string[] =>
  Array.isArray(reply) ? reply.filter((entry) => typeof entry === 'string') : []

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

/**
 * A store that all processes on one Redis share: `alfred:vault:{name}:…`, in one hash slot, changed by one script each.
 * Writes are told by publish/subscribe. It opens one connection of its own, and a second one while it is watched.
 *
 * Redis answers before a write is on a disk or on a replica. Give it `appendonly yes`, `appendfsync always` and
 * `maxmemory-policy noeviction`, and back it up; a vault refuses to go on with an older state than it has seen.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_STORE_UNAVAILABLE` within two times `timeoutMs`, and `ALFRED_VAULT_FENCED`
 *
 * @example
 * ```ts
 * import { createRedisVaultStore } from '@alfred/key-vault'
 *
 * export const store = () => createRedisVaultStore({ url: 'redis://127.0.0.1:6379' })
 * ```
 */
export function createRedisVaultStore(options: RedisVaultStoreOptions): VaultStore {
  const { source, name, timeoutMs, logger } = resolveOptions(options)
  const prefix = `alfred:vault:{${name}}:`
  const keys = ['document', 'lease', 'epoch', 'audit', 'notes'].map((part) => prefix + part)
  const channel = `${prefix}changed`
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
    const client = typeof source === 'string' ? new Redis(source, bounded) : source.duplicate(bounded)
    let reported = false
    client.on('error', (error) => {
      // ioredis repeats the error at every attempt.
      if (!reported) logger.warn({ err: error }, "the vault's connection to Redis failed")
      reported = true
    })
    client.on('ready', () => (reported = false))
    clients.push(client)
    return client
  }

  const client = open({ commandTimeout: timeoutMs })

  const run = async (
    script: keyof typeof redisScripts,
    ...args: readonly (string | number)[]
  ): Promise<unknown> => {
    try {
      await connected(client, timeoutMs)
      return await client.eval(redisScripts[script], keys.length, ...[...keys, ...args])
    } catch (error) {
      throw unavailable(error)
    }
  }

  const listeners = new Set<() => void>()
  let subscribed = false
  const subscribe = (): void => {
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
    async read() {
      const [revision, data] = (await run('read')) as [string | null, string | null]
      return { revision: Number(revision ?? 0), data: data ?? undefined }
    },
    async compareAndSet(expected, data, epoch) {
      const done = await run('compareAndSet', expected, data, epoch ?? '', channel)
      if (done === -1) throw fenced()
      return done === 1
    },
    async lease(ttlMs) {
      const epoch = Number(await run('acquire', ttlMs))
      if (epoch === 0) return undefined
      return {
        epoch,
        renew: async (forMs) => (await run('renew', epoch, forMs)) === 1,
        async release() {
          await run('release', epoch)
        },
      }
    },
    watch(listener) {
      const own = (): void => {
        listener()
      }
      listeners.add(own)
      subscribe()
      return () => listeners.delete(own)
    },
    async announce(instance, note, ttlMs) {
      await run('announce', instance, note, ttlMs)
    },
    announcements: async () => texts(await run('announcements')),
    appendAudit: async (expected, entries) => (await run('appendAudit', expected, ...entries)) === 1,
    async readAudit(from, limit) {
      const [length, entries] = (await run('readAudit', from, limit)) as [number, unknown]
      return { length, entries: texts(entries) }
    },
    ...lifecycle(
      () => {
        for (const one of clients) one.disconnect()
      },
      () => connected(client, timeoutMs).catch((error: unknown) => Promise.reject(unavailable(error))),
    ),
  }
}
