import type * as IORedis from 'ioredis'
import type { Cluster, Redis } from 'ioredis'
import { AlfredError, isAlfredError } from '../errors/alfred-error.ts'
import { createCork } from './cork.ts'
import { isCluster, openRedisClient } from './open-redis-client.ts'
import type { ResolvedRedisConnection } from './redis-options.ts'
import type { RedisScript } from './redis-script.ts'
import { createRedisSubscriber, type RedisListener, type RedisSubscription } from './redis-subscriber.ts'
import { watchConnection } from './watch-connection.ts'

/** Who uses a connection. */
export interface RedisConnectionUse {
  /** What is kept in Redis, as errors and logs say it: `the key vault`. */
  readonly purpose: string
  /** Loads ioredis, from the package that depends on it. */
  readonly loadIoredis: () => unknown
}

/**
 * A connection that answers or fails within a bounded time, sends nothing twice and reconnects by itself for as long
 * as it is open. Every failure is an `AlfredError` `ALFRED_STORE_UNAVAILABLE` with its cause.
 */
export interface RedisConnection {
  /**
   * Runs a script on keys of one hash slot. Rejects at once while there is no connection, and within `timeoutMs` when
   * there is no reply.
   */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /** The same, with a `Buffer` in place of each string of the reply. */
  runBytes(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /**
   * Listens to a channel, on a second connection that all channels share.
   *
   * @param listener - its functions must not throw
   */
  subscribe(channel: string, listener: RedisListener): RedisSubscription
  /** Resolves when there is a connection; rejects after `timeoutMs` without one. It goes on connecting then. */
  ready(): Promise<void>
  close(): void
}

/** How a script is called: for a reply of strings, or of bytes. */
type Call = 'call' | 'callBuffer'

/**
 * Opens a connection, and keeps trying for as long as there is none.
 *
 * @example
 * ```ts
 * import { createRequire } from 'node:module'
 * import { openRedisConnection, readRedisConnection } from '@alfred/core/redis'
 *
 * export const open = () =>
 *   openRedisConnection(readRedisConnection('sessions.redis', { url: 'redis://127.0.0.1:6379' }), {
 *     purpose: 'sessions',
 *     loadIoredis: () => createRequire(import.meta.url)('ioredis') as unknown,
 *   })
 * ```
 */
export function openRedisConnection(
  settings: ResolvedRedisConnection,
  { purpose, loadIoredis }: RedisConnectionUse,
): RedisConnection {
  const { logger, timeoutMs } = settings
  const library = loadIoredis() as typeof IORedis
  let lastError: unknown
  let isReported = false

  const openClient = (): Redis | Cluster => {
    const opened = openRedisClient(settings, library)
    opened.on('error', (error: unknown) => {
      lastError = error
      // ioredis repeats the error at every attempt, on both connections.
      if (!isReported) logger.warn({ err: error }, `the connection to Redis for ${purpose} failed`)
      isReported = true
    })
    return opened
  }
  const unavailable = (problem: string, cause: unknown = lastError): AlfredError =>
    new AlfredError(
      'ALFRED_STORE_UNAVAILABLE',
      `Redis for ${purpose} ${problem}`,
      { store: purpose },
      cause ? { cause } : {},
    )

  const client = openClient()
  const cork = isCluster(client) ? undefined : createCork(client)
  const connection = watchConnection(client)
  const subscriber = createRedisSubscriber(openClient, logger)
  client.on('ready', () => {
    lastError = undefined
    isReported = false
  })
  rejectLostCommands(client, () => unavailable('lost its connection before the reply came.'))

  const failed = (error: unknown): never => {
    throw isAlfredError(error) ? error : unavailable('failed.', error)
  }
  const run = (
    call: Call,
    { sha, source }: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> => {
    if (client.status !== 'ready') return Promise.reject(unavailable('is not connected.'))
    cork?.cork()
    return client[call]('evalsha', sha, keys.length, ...keys, ...args).catch((error: unknown) => {
      // Redis was restarted, flushed or replaced: the script did not run, so it may be sent again.
      if (!isMissingScript(error)) return failed(error)
      return client[call]('eval', source, keys.length, ...keys, ...args).catch(failed)
    })
  }

  return {
    run: (script, keys, args) => run('call', script, keys, args),
    runBytes: (script, keys, args) => run('callBuffer', script, keys, args),
    subscribe: (channel, listener) => subscriber.subscribe(channel, listener),
    ready: () =>
      connection.wait(timeoutMs, () => unavailable(`did not connect within ${String(timeoutMs)} ms.`)),
    close() {
      cork?.uncork()
      connection.giveUp(
        new AlfredError('ALFRED_LIFECYCLE_CLOSED', `The connection to Redis for ${purpose} is closed.`, {
          component: `Redis for ${purpose}`,
        }),
      )
      subscriber.close()
      client.disconnect()
    },
  }
}

const isMissingScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

/** Without resending, ioredis 6 forgets the unanswered commands of a lost connection and never settles them. */
function rejectLostCommands(client: Redis | Cluster, lost: () => AlfredError): void {
  const watch = (node: Redis): void => {
    node.on('close', () => {
      const error = lost()
      for (const { command } of node.commandQueue.toArray()) command.reject(error)
    })
  }
  if (!isCluster(client)) {
    watch(client)
    return
  }
  client.nodes().forEach(watch)
  client.on('+node', watch)
}
