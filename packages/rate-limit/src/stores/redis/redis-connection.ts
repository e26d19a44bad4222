import { AlfredError } from '@alfred/core'
import type { Cluster, Redis } from 'ioredis'
import { isCluster, openRedisClient } from './redis-client.ts'
import type { ResolvedRedisStoreOptions } from './redis-store-options.ts'

/** A connection that answers or fails within a bounded time, and sends nothing twice. */
export interface RedisConnection {
  /** Sends a script with one key; a string comes back as a Buffer. Rejects at once while there is no connection. */
  run(command: 'eval' | 'evalsha', script: string, key: string, args: readonly string[]): Promise<unknown>
  /** Resolves at the first successful connection. */
  ready(): Promise<void>
  close(): void
}

const unavailable = (message: string, cause?: unknown): AlfredError =>
  new AlfredError('ALFRED_STORE_UNAVAILABLE', message, cause === undefined ? undefined : { cause })

/** Without resending, ioredis 6 forgets the unanswered commands of a lost connection and never settles them. */
function rejectLostCommands(client: Redis): void {
  client.on('close', () => {
    const lost = unavailable('The connection to Redis was lost before the answer came.')
    for (const { command } of client.commandQueue.toArray()) command.reject(lost)
  })
}

/** Resolves when no master is being connected to any more: until then a cluster rejects what is for that node. */
async function mastersConnected(cluster: Cluster): Promise<void> {
  const connecting = cluster.nodes('master').filter(({ status }) => status !== 'ready')
  await Promise.all(
    connecting.map(
      (node) =>
        new Promise<void>((resolve) => {
          node.once('ready', resolve)
          node.once('end', resolve)
        }),
    ),
  )
}

/** Gathers what is sent in one turn of the event loop into one write. */
function createCork(client: Redis) {
  let corked: Redis['stream'] | undefined
  const uncork = (): void => {
    corked?.uncork()
    corked = undefined
  }
  return {
    cork(): void {
      if (corked === client.stream) return
      uncork()
      corked = client.stream
      corked.cork()
      setImmediate(uncork)
    },
    uncork,
  }
}

/** Opens a connection of its own, and keeps trying for as long as there is none. */
export function openRedisConnection(options: ResolvedRedisStoreOptions): RedisConnection {
  const { logger } = options
  const client = openRedisClient(options)
  const cork = isCluster(client) ? undefined : createCork(client)
  let reported = false
  let giveUp: (reason: AlfredError) => void = () => undefined
  const started = new Promise<void>((resolve, reject) => {
    client.once('ready', () => {
      if (isCluster(client)) void mastersConnected(client).then(resolve)
      else resolve()
    })
    giveUp = reject
  })
  // Nobody need wait for it.
  started.catch(() => undefined)

  client.on('error', (error: unknown) => {
    // ioredis repeats the error at every attempt; the limiter tells of the outage.
    if (!reported) logger.warn({ err: error }, 'the connection to Redis failed')
    reported = true
  })
  client.on('ready', () => {
    reported = false
  })
  if (isCluster(client)) {
    for (const node of client.nodes()) rejectLostCommands(node)
    client.on('+node', rejectLostCommands)
  } else rejectLostCommands(client)

  return {
    run(command, script, key, args) {
      if (client.status !== 'ready') return Promise.reject(unavailable('There is no connection to Redis.'))
      cork?.cork()
      return client.callBuffer(command, script, 1, key, ...args)
    },
    ready: () => started,
    close() {
      cork?.uncork()
      giveUp(new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The store was closed before it was connected.'))
      client.disconnect()
    },
  }
}
