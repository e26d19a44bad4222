import { BroadcastChannel, threadId as ownThreadId } from 'node:worker_threads'
import { type Clock, repeat, settleWithin, type Timer } from '@alfred/core'

/** A worker thread, seen from the thread that started it: a `Worker` of `node:worker_threads` is one. */
export interface ThreadLike {
  /** By which a thread knows that its drain is meant; without it every thread of the process drains. */
  readonly threadId?: number | undefined
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

/** How soon a thread that is still starting hears of a drain that has begun. */
const repeatMs = 100

/** What travels on the channel. */
interface DrainMessage {
  readonly reason: string
  readonly threadId: number | undefined
}

interface RunningThread {
  readonly exit: Promise<void>
  readonly threadId: number | undefined
}

const isDrainMessage = (value: unknown): value is DrainMessage =>
  typeof value === 'object' && value !== null && 'reason' in value && typeof value.reason === 'string'

export function createThreadDrains(clock: Clock): ThreadDrains {
  const running = new Map<ThreadLike, RunningThread>()
  let startedBy: string | undefined
  let failed = 0
  let repeating: Pick<Timer, 'cancel'> | undefined

  const send = (reason: string): void => {
    const channel = new BroadcastChannel(channelName)
    for (const { threadId } of running.values()) {
      channel.postMessage({ reason, threadId } satisfies DrainMessage)
    }
    channel.close()
  }

  /** Once is not enough: a thread that is still starting does not listen yet. */
  const sendUntilEnded = (reason: string): void => {
    if (running.size === 0) return
    send(reason)
    repeating ??= repeat(clock, repeatMs, () => {
      send(reason)
    })
  }

  const ended = (thread: ThreadLike, code: number): void => {
    running.delete(thread)
    if (startedBy !== undefined && code !== 0) failed += 1
    if (running.size > 0) return
    repeating?.cancel()
    repeating = undefined
  }

  return {
    attach(thread) {
      if (running.has(thread)) return
      const exit = new Promise<void>((resolve) => {
        thread.once('exit', (code) => {
          ended(thread, code)
          resolve()
        })
      })
      // A worker forgets its id when it ends.
      running.set(thread, { exit, threadId: thread.threadId })
      if (startedBy !== undefined) sendUntilEnded(startedBy)
    },
    start(reason) {
      startedBy = reason
      sendUntilEnded(reason)
    },
    async settle(withinMs) {
      const exits = Array.from(running.values(), ({ exit }) => exit)
      if (exits.length > 0) await settleWithin(clock, Promise.all(exits), withinMs)
    },
    get unfinished() {
      return running.size + failed
    },
  }
}

/** Calls `listener` once, when the drain that this thread is attached to begins. @returns what ends it */
export function onThreadDrain(listener: (reason: string) => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.onmessage = ({ data }: { readonly data: unknown }) => {
    if (!isDrainMessage(data)) return
    if (data.threadId !== undefined && data.threadId !== ownThreadId) return
    channel.close()
    listener(data.reason)
  }
  // It alone keeps no thread alive.
  channel.unref()
  return () => {
    channel.close()
  }
}
