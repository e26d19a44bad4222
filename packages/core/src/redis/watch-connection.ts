import type { Cluster, Redis } from 'ioredis'
import type { AlfredError } from '../errors/alfred-error.ts'
import { systemClock } from '../time/clock.ts'
import { isCluster } from './open-redis-client.ts'

/** Lets callers wait until a client is connected. */
export function watchConnection(client: Redis | Cluster) {
  const waiting = new Set<{ resolve(): void; reject(error: AlfredError): void }>()
  let isConnected = false
  let closed: AlfredError | undefined

  const connected = (): void => {
    isConnected = true
    for (const waiter of waiting) waiter.resolve()
  }
  client.on('ready', () => {
    if (!isCluster(client)) connected()
    else {
      void mastersConnected(client).then(() => {
        if (client.status === 'ready') connected()
      })
    }
  })
  client.on('close', () => {
    isConnected = false
  })

  return {
    wait: (timeoutMs: number, late: () => AlfredError): Promise<void> =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(closed)
          return
        }
        if (isConnected) {
          resolve()
          return
        }
        const finish = (settle: () => void): void => {
          timer.cancel()
          waiting.delete(waiter)
          settle()
        }
        const waiter = {
          resolve() {
            finish(resolve)
          },
          reject(error: AlfredError) {
            finish(() => {
              reject(error)
            })
          },
        }
        const timer = systemClock.setTimeout(() => {
          waiter.reject(late())
        }, timeoutMs)
        waiting.add(waiter)
      }),
    giveUp(reason: AlfredError): void {
      closed = reason
      for (const waiter of waiting) waiter.reject(reason)
    },
  }
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
