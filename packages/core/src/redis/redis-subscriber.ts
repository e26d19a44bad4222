import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../logger.ts'
import { systemClock, type Timer } from '../time/clock.ts'
import { isCluster } from './open-redis-client.ts'

const retryMs = 500

/** What is called about a channel. None of it may throw. */
export interface RedisListener {
  message(text: string): void
  /** The subscription stands, perhaps again: what was published before may have been missed. */
  subscribed?(): void
  /** The connection was lost. It is opened again by itself. */
  lost?(): void
}

/** A channel that is listened to. */
export interface RedisSubscription {
  /** Whether messages arrive at the moment. Always `false` in a cluster, whose client does not report a loss. */
  readonly hears: boolean
  close(): void
}

/** Listens to channels. */
export interface RedisSubscriber {
  subscribe(channel: string, listener: RedisListener): RedisSubscription
  close(): void
}

/** The listeners of one channel. */
interface Channel {
  readonly listeners: Set<RedisListener>
  hears: boolean
  retry: Timer | undefined
}

/**
 * Listens to any number of channels on one connection of its own, for a connection that subscribes can do nothing
 * else. It is open while there is a listener.
 *
 * @param open - opens a client
 */
export function createRedisSubscriber(open: () => Redis | Cluster, logger: Logger): RedisSubscriber {
  const channels = new Map<string, Channel>()
  let client: Redis | Cluster | undefined
  let reported = false

  function subscribe(name: string, channel: Channel): void {
    channel.retry?.cancel()
    const used = client
    if (used?.status !== 'ready') return
    used.subscribe(name).then(
      () => {
        if (client !== used || channels.get(name) !== channel) return
        channel.hears = !isCluster(used)
        reported = false
        for (const one of channel.listeners) one.subscribed?.()
      },
      (error: unknown) => {
        if (client !== used || channels.get(name) !== channel || used.status !== 'ready') return
        // A cluster's client is ready before its subscriber is, and does not try again by itself.
        channel.retry = systemClock.setTimeout(() => {
          subscribe(name, channel)
        }, retryMs)
        if (reported) return
        reported = true
        logger.warn({ err: error }, 'subscribing to a channel of Redis failed; retrying')
      },
    )
  }

  function connect(): Redis | Cluster {
    const opened = open()
    opened.on('ready', () => {
      for (const [name, channel] of channels) subscribe(name, channel)
    })
    opened.on('close', () => {
      for (const channel of channels.values()) {
        channel.hears = false
        for (const one of channel.listeners) one.lost?.()
      }
    })
    opened.on('message', (name: string, text: string) => {
      for (const listener of channels.get(name)?.listeners ?? []) listener.message(text)
    })
    return opened
  }

  function disconnect(): void {
    const closing = client
    client = undefined
    for (const { retry } of channels.values()) retry?.cancel()
    channels.clear()
    closing?.disconnect()
  }

  function leave(name: string, channel: Channel): void {
    channel.retry?.cancel()
    channels.delete(name)
    if (channels.size === 0) disconnect()
    // One that fails is for a connection that was lost, and its subscriptions with it.
    else client?.unsubscribe(name).catch(() => undefined)
  }

  return {
    subscribe(name, listener) {
      client ??= connect()
      const known = channels.get(name)
      const channel = known ?? { listeners: new Set(), hears: false, retry: undefined }
      channels.set(name, channel)
      channel.listeners.add(listener)
      if (channel.hears) listener.subscribed?.()
      else if (!known) subscribe(name, channel)
      return {
        get hears() {
          return channel.hears && channel.listeners.has(listener)
        },
        close() {
          if (!channel.listeners.delete(listener)) return
          if (channel.listeners.size === 0 && channels.get(name) === channel) leave(name, channel)
        },
      }
    },
    close: disconnect,
  }
}
