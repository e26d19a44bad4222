import { type Logger, systemClock, type Timer } from '@alfred/core'
import type { Cluster, Redis } from 'ioredis'
import type { StoreWatch } from '../rate-limit-store.ts'
import { isCluster } from './redis-client.ts'

const subscribeAgainMs = 500

/**
 * Hears of administrators' edits on a connection of its own, for a connection that subscribes can do nothing
 * else. News that were missed while it was away are made up for by telling that anything may have changed.
 * A cluster's client does not tell when it has lost its subscription, so there news only come as a favour.
 *
 * @param client - a client of its own
 * @param listener - reported the subject, or `undefined` when any may have been edited
 */
export function watchRedisEdits(
  client: Redis | Cluster,
  channel: string,
  logger: Logger,
  listener: (subject: string | undefined) => void,
): StoreWatch {
  let hears = false
  let reported = false
  let again: Timer | undefined

  /** A cluster's client is ready before its connection for news is; what it refuses then it does not try again. */
  const subscribe = (): void => {
    again?.cancel()
    client.subscribe(channel).then(
      () => {
        hears = !isCluster(client)
        reported = false
        listener(undefined)
      },
      (error: unknown) => {
        if (client.status !== 'ready') return
        again = systemClock.setTimeout(subscribe, subscribeAgainMs)
        if (reported) return
        reported = true
        logger.warn(
          { err: error },
          'no notification of edits from Redis: denials are cached for one second at most',
        )
      },
    )
  }

  client.on('error', () => {
    // The store's connection tells of the outage.
  })
  client.on('ready', subscribe)
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
      again?.cancel()
      client.disconnect()
    },
  }
}
