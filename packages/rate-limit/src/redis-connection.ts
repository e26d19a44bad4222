import { AlfredError, type Logger } from '@alfred/core'
import { Redis, type RedisOptions } from 'ioredis'

/** A connection that answers or fails within a bounded time, and sends nothing twice. */
export interface RedisConnection {
  /** Sends a script with one key. Rejects at once while there is no connection. */
  run(command: 'eval' | 'evalsha', script: string, key: string, args: readonly string[]): Promise<unknown>
  /** Resolves at the first successful connection. */
  ready(): Promise<void>
  close(): void
}

const longestReconnectDelayMs = 500

/**
 * ioredis' own `commandTimeout` is not among them, for it sets a timer for every command. The reply timeout
 * of the socket bounds a command as well, together with the rejection of those a lost connection leaves.
 */
const boundedSettings = (timeoutMs: number) =>
  ({
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    lazyConnect: false,
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 6), longestReconnectDelayMs),
    // After a failover the connection may still lead to the former master.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }) satisfies RedisOptions

const unavailable = (message: string, cause?: unknown): AlfredError =>
  new AlfredError('ALFRED_STORE_UNAVAILABLE', message, cause === undefined ? undefined : { cause })

/**
 * Opens a connection of its own: to `source` when that is a URL, else with the settings of that client.
 *
 * @param timeoutMs - longest wait for a connection, and for a reply before the connection is given up
 */
export function openRedisConnection(
  source: string | Redis,
  timeoutMs: number,
  logger: Logger,
): RedisConnection {
  const settings = boundedSettings(timeoutMs)
  const client = typeof source === 'string' ? new Redis(source, settings) : source.duplicate(settings)
  let corked: Redis['stream'] | undefined
  let reported = false
  let giveUp: (reason: AlfredError) => void = () => undefined
  const started = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    giveUp = reject
  })
  // Nobody need wait for it.
  started.catch(() => undefined)

  client.on('error', (error) => {
    // ioredis repeats the error at every attempt; the limiter tells of the outage.
    if (!reported) logger.warn({ err: error }, 'the connection to Redis failed')
    reported = true
  })
  client.on('ready', () => {
    reported = false
  })
  client.on('close', () => {
    // Without resending, ioredis 6 forgets unanswered commands and never settles them.
    const lost = unavailable('The connection to Redis was lost before the answer came.')
    for (const { command } of client.commandQueue.toArray()) command.reject(lost)
  })

  const uncork = (): void => {
    corked?.uncork()
    corked = undefined
  }

  return {
    run(command, script, key, args) {
      if (client.status !== 'ready') return Promise.reject(unavailable('There is no connection to Redis.'))
      // Everything sent in one turn of the event loop leaves in one write.
      if (corked !== client.stream) {
        uncork()
        corked = client.stream
        corked.cork()
        setImmediate(uncork)
      }
      return client[command](script, 1, key, ...args)
    },
    ready: () => started,
    close() {
      uncork()
      giveUp(new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The store was closed before it was connected.'))
      client.disconnect()
    },
  }
}
