import { type Lifecycle, lifecycle } from '@alfred/core'
import type { DomPurifier } from './dom-purifier.ts'
import type { SanitizerJob } from './sanitizer-job.ts'
import {
  createSanitizerThreads,
  type SanitizerOutcome,
  type SanitizerThreadsOptions,
} from './sanitizer-threads.ts'

/** A DOM in this thread for what is quick, and threads for all else. */
export interface SanitizerEngine extends Lifecycle {
  /** Loads jsdom in this thread and in one of the pool. */
  ready(): Promise<void>
  /** Whether this thread has a DOM, and its turn of the event loop time left for it. */
  mayWorkHere(): boolean
  /** Sanitises HTML in this thread. */
  here(html: string): SanitizerOutcome
  /** Does the whole job with a text, in a thread. */
  inThread(text: string): Promise<SanitizerOutcome>
}

/** How long sanitising may hold up one turn of the event loop before the rest goes to threads. */
const turnBudgetMs = 8

/** jsdom's time grows with the number of elements times their depth; `pnpm verify validation-bounds` measures it. */
export const quickWork = 400

/** Builds the engine; jsdom is loaded by `ready()` or in the first thread that is needed. */
export function createSanitizerEngine(
  job: SanitizerJob,
  options: Omit<SanitizerThreadsOptions, 'job'>,
): SanitizerEngine {
  const { logger, clock } = options
  const threads = createSanitizerThreads({ ...options, job })
  let purifier: DomPurifier | undefined
  let loading: Promise<void> | undefined
  let closed = false
  let spentMs = 0
  let turnIsWatched = false

  const beginTurn = (): void => {
    spentMs = 0
    turnIsWatched = false
  }

  const load = async (): Promise<void> => {
    const [{ createDomPurifier }] = await Promise.all([import('./dom-purifier.ts'), threads.warm()])
    if (closed) return
    const loaded = createDomPurifier(job)
    // Compiles what a first request would have to wait for.
    for (let round = 0; round < 20; round++) loaded.purify('<p class="a">a <b>b</b> <a href="/c">c</a></p>')
    purifier = loaded
  }

  return {
    ...lifecycle(
      async () => {
        closed = true
        purifier?.close()
        purifier = undefined
        await threads.close()
      },
      () => (loading ??= load()),
    ),
    mayWorkHere: () => purifier !== undefined && spentMs < turnBudgetMs,
    here(html) {
      if (!purifier) return { failure: 'closed' }
      if (!turnIsWatched) {
        turnIsWatched = true
        setImmediate(beginTurn).unref()
      }
      const startedAt = clock.monotonicMs()
      try {
        return { html: purifier.purify(html) }
      } catch (error) {
        logger.error({ err: error }, 'sanitising failed')
        return { failure: 'failed' }
      } finally {
        spentMs += clock.monotonicMs() - startedAt
      }
    },
    inThread: (text) => threads.run(text),
  }
}
