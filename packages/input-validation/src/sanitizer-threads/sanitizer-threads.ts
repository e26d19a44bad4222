import { Worker } from 'node:worker_threads'
import type { Clock, Logger, Timer } from '@alfred/core'
import type { SanitizerJob } from './sanitizer-job.ts'
import type { SanitizerThreadMessage } from './sanitizer-thread.ts'

/** Why a thread returned no HTML. */
export type SanitizerFailure = 'closed' | 'failed' | 'overloaded' | 'timeout' | 'too-deep'

/** What became of one text. */
export type SanitizerOutcome = { readonly html: string } | { readonly failure: SanitizerFailure }

export interface SanitizerThreadsOptions {
  readonly job: SanitizerJob
  /** How many threads there may be. */
  readonly size: number
  /** How many texts may wait for a thread. */
  readonly maxQueued: number
  /** How long one text may take in its thread. */
  readonly timeoutMs: number
  readonly logger: Logger
  readonly clock: Clock
  /** The module that threads run; only tests name another. */
  readonly module?: URL | undefined
}

/** Threads that sanitise, each one text at a time. */
export interface SanitizerThreads {
  run(text: string): Promise<SanitizerOutcome>
  /** Starts a thread ahead of the first text. Rejects when it cannot. */
  warm(): Promise<void>
  close(): Promise<void>
}

interface Task {
  readonly text: string
  settle(outcome: SanitizerOutcome): void
}

interface Thread {
  readonly worker: Worker
  readonly started: Promise<undefined>
  task: Task | undefined
  timer: Timer | undefined
  isReady: boolean
}

/** How long a thread may take to load jsdom. */
const startTimeoutMs = 30_000

/** Longer texts than the sanitiser lets through need less. What is beyond ends the thread, not the process. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 }

/** The same from src/ and from dist/; both names are literals for the sake of bundlers. Not known in a CommonJS bundle of esbuild. */
const ownModule = (): URL =>
  import.meta.url.endsWith('.ts')
    ? new URL('./sanitizer-thread.ts', import.meta.url)
    : new URL('./sanitizer-thread.js', import.meta.url)

/**
 * Builds the pool. Threads start when they are needed and stay. A thread that takes longer than `timeoutMs`,
 * ends or fails is terminated and its text settles with a failure; no text is ever tried twice or returned
 * as it came. An idle thread does not keep the process alive.
 */
export function createSanitizerThreads({
  job,
  size,
  maxQueued,
  timeoutMs,
  logger,
  clock,
  module = ownModule(),
}: SanitizerThreadsOptions): SanitizerThreads {
  const threads = new Set<Thread>()
  const queue: Task[] = []
  let closed = false

  const finish = (thread: Thread, outcome: SanitizerOutcome): void => {
    const { task } = thread
    thread.timer?.cancel()
    thread.timer = undefined
    thread.task = undefined
    thread.worker.unref()
    task?.settle(outcome)
  }

  /** Ends a thread; what it had in hand settles with `failure`. */
  const discard = (thread: Thread, failure: SanitizerFailure): void => {
    if (!threads.delete(thread)) return
    finish(thread, { failure })
    void thread.worker.terminate()
    if (threads.size === 0 && !thread.isReady) {
      // A thread that never came up would not come up for those who wait, either.
      for (const task of queue.splice(0)) task.settle({ failure })
    } else dispatch()
  }

  const begin = (thread: Thread, task: Task): void => {
    thread.task = task
    thread.worker.ref()
    thread.worker.postMessage(task.text)
    thread.timer = clock.setTimeout(() => {
      logger.warn({ characters: task.text.length, timeoutMs }, 'sanitising took too long and was ended')
      discard(thread, 'timeout')
    }, timeoutMs)
  }

  const start = (): Thread => {
    const worker = new Worker(module, {
      workerData: { job },
      resourceLimits,
      // Nothing of the process' own reaches a thread that parses what strangers wrote.
      env: {},
      argv: [],
      name: 'alfred-sanitizer',
    })
    const { promise: started, resolve, reject } = Promise.withResolvers<undefined>()
    // Those who do not wait for it learn of a failure by their task.
    started.catch(() => undefined)
    const thread: Thread = { worker, started, task: undefined, timer: undefined, isReady: false }
    threads.add(thread)
    thread.timer = clock.setTimeout(() => {
      worker.emit('error', new Error('the thread did not start in time'))
    }, startTimeoutMs)
    worker.on('message', (message: SanitizerThreadMessage) => {
      if (!threads.has(thread)) return
      if ('ready' in message) {
        thread.isReady = true
        finish(thread, { failure: 'failed' })
        resolve(undefined)
      } else if ('error' in message) {
        logger.error({ reason: message.error }, 'sanitising failed')
        finish(thread, { failure: 'failed' })
      } else finish(thread, message)
      dispatch()
    })
    worker.on('error', (error) => {
      logger.error({ err: error }, 'a thread that sanitises failed')
      reject(error)
      discard(thread, 'failed')
    })
    worker.on('exit', () => {
      reject(new Error('the thread ended before it was ready'))
      discard(thread, 'failed')
    })
    return thread
  }

  const dispatch = (): void => {
    for (const thread of threads) {
      if (!thread.isReady || thread.task) continue
      const task = queue.shift()
      if (!task) return
      begin(thread, task)
    }
    const starting = [...threads].filter(({ isReady }) => !isReady).length
    if (queue.length > starting && threads.size < size) start()
  }

  return {
    run(text) {
      if (closed) return Promise.resolve({ failure: 'closed' })
      if (queue.length >= maxQueued) return Promise.resolve({ failure: 'overloaded' })
      return new Promise((settle) => {
        queue.push({ text, settle })
        dispatch()
      })
    },
    async warm() {
      if (!closed && threads.size === 0) await start().started
    },
    async close() {
      closed = true
      for (const task of queue.splice(0)) task.settle({ failure: 'closed' })
      await Promise.all(
        [...threads].map(async (thread) => {
          threads.delete(thread)
          finish(thread, { failure: 'closed' })
          await thread.worker.terminate()
        }),
      )
    },
  }
}
