import type { Logger } from '@alfred/core'
import type { Cluster, Redis } from 'ioredis'
import type { StoreWatch } from '../rate-limit-store.ts'
import { isCluster } from './redis-client.ts'

/**
 * Hears of administrators' edits on a connection of its own, for a connection that subscribes can do nothing
 * else. News that were missed while it was away are made up for by telling that anything may have changed.
 * A cluster's client does not tell when it has lost its subscription, so there news only come as a favour.
 *
 * @param client - a client of its own
 * @param listener - told the subject, or `undefined` when any may have been edited
 */
export function watchRedisEdits(
  client: Redis | Cluster,
  channel: string,
  logger: Logger,
  listener: (subject: string | undefined) => void,
): StoreWatch {
  let hears = false

  client.on('error', () => {
    // The store's connection tells of the outage.
  })
  client.on('ready', () => {
    client.subscribe(channel).then(
      () => {
        hears = !isCluster(client)
        listener(undefined)
      },
      (error: unknown) => {
        logger.warn(
          { err: error },
          'Redis does not tell of edits: denials are remembered for a second at most',
        )
      },
    )
  })
  client.on('close', () => {
    hears = false
    listener(undefined)
  })
  client.on('message', (_channel: string, subject: string) => {
    listener(subject)
  })
  return {
    get hears() {
      return hears
    },
    close() {
      client.disconnect()
    },
  }
}
