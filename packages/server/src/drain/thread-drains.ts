import { BroadcastChannel } from 'node:worker_threads'
import { type Clock, settleWithin } from '@alfred/core'

/** A worker thread, seen from the thread that started it: a `Worker` of `node:worker_threads` is one. */
export interface ThreadLike {
  once(event: 'exit', listener: (code: number) => void): unknown
}

/** The threads that a drain takes along. */
export interface ThreadDrains {
  attach(thread: ThreadLike): void
  /** Begins the drains of the threads: of those that are attached later, too. */
  start(reason: string): void
  /** Resolves when they have ended, or after `withinMs`. */
  settle(withinMs: number): Promise<void>
  /** How many go on, or ended with another code than 0. */
  readonly unfinished: number
}

/** Signals reach the main thread alone; every thread of the process listens here instead. */
const channelName = 'alfred.drain'

export function createThreadDrains(clock: Clock): ThreadDrains {
  const running = new Map<ThreadLike, Promise<void>>()
  let startedBy: string | undefined
  let failed = 0

  const send = (reason: string): void => {
    const channel = new BroadcastChannel(channelName)
    channel.postMessage(reason)
    channel.close()
  }

  return {
    attach(thread) {
      if (running.has(thread)) return
      const exit = new Promise<void>((resolve) => {
        thread.once('exit', (code) => {
          running.delete(thread)
          if (startedBy !== undefined && code !== 0) failed += 1
          resolve()
        })
      })
      running.set(thread, exit)
      if (startedBy !== undefined) send(startedBy)
    },
    start(reason) {
      startedBy = reason
      if (running.size > 0) send(reason)
    },
    async settle(withinMs) {
      if (running.size > 0) await settleWithin(clock, Promise.all(running.values()), withinMs)
    },
    get unfinished() {
      return running.size + failed
    },
  }
}

/** Calls `listener` when the drain of the main thread begins. @returns what ends it */
export function onThreadDrain(listener: (reason: string) => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.onmessage = ({ data }: { readonly data: unknown }) => {
    if (typeof data === 'string') listener(data)
  }
  // It alone keeps no thread alive.
  channel.unref()
  return () => {
    channel.close()
  }
}
