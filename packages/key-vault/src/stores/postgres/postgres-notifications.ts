import type { Clock, Timer } from '@alfred/core'
import type { PostgresClient, PostgresPool } from './postgres-pool.ts'
import { tellListener } from '../tell-listener.ts'

/** Tells of `NOTIFY`s, on one connection of the pool that it keeps while anybody listens. */
export interface PostgresNotifications {
  listen(listener: () => void): () => void
  close(): void
}

const retryMs = 5_000

/**
 * @param channel - what to `LISTEN` to; an identifier
 * @param payload - of the notifications that are meant for us
 */
export function createPostgresNotifications(
  pool: PostgresPool,
  channel: string,
  payload: string,
  clock: Clock,
): PostgresNotifications {
  const listeners = new Set<() => void>()
  let client: PostgresClient | undefined
  let retry: Timer | undefined
  let connecting = false
  let closed = false

  const notified = (notification: { readonly payload?: string | undefined }): void => {
    if (notification.payload === payload) for (const listener of listeners) listener()
  }

  const drop = (): void => {
    const lost = client
    client = undefined
    // Closed, not given back: it would go on listening.
    lost?.release(true)
  }

  const lostConnection = (): void => {
    drop()
    retry?.cancel()
    if (!closed) retry = clock.setTimeout(connect, retryMs)
  }

  // Behind a pooler that shares connections by transaction this stays silent, and polling goes on.
  const connect = (): void => {
    if (connecting || client || closed) return
    connecting = true
    pool
      .connect()
      .then(async (opened) => {
        client = opened
        opened.on('notification', notified)
        opened.on('error', () => {
          if (client === opened) lostConnection()
        })
        await opened.query(`listen ${channel}`)
        if (closed) drop()
      })
      .catch(lostConnection)
      .finally(() => (connecting = false))
  }

  return {
    listen(listener) {
      const own = (): void => {
        tellListener(listener)
      }
      listeners.add(own)
      connect()
      return () => listeners.delete(own)
    },
    close() {
      closed = true
      retry?.cancel()
      drop()
    },
  }
}
