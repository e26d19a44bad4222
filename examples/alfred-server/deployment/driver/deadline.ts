import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` for `ms` at the longest. The signal it gets ends then, or when `parent` does.
 *
 * @param graceMs - how long work that was ended is waited for, so that it can put in order what it changed
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  graceMs = 0,
): Promise<T> {
  const timeout = new AbortController()
  const timer = setTimeout(() => {
    timeout.abort(new Error(`${what} took longer than ${String(ms / 1000)} s`))
  }, ms)
  const signal = AbortSignal.any([parent, timeout.signal])
  const working = work(signal)
  try {
    return await Promise.race([working, rejectOnAbort(signal)])
  } finally {
    clearTimeout(timer)
    if (signal.aborted) await settle(working, graceMs)
  }
}

/** Waits until the work has ended, well or not, for `ms` at the longest. */
async function settle(working: Promise<unknown>, ms: number): Promise<void> {
  const ended = new AbortController()
  try {
    await Promise.race([working, sleep(ms, undefined, { signal: ended.signal })])
  } catch {
    // The reason why it was ended is the one that counts.
  } finally {
    ended.abort()
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => {
      const reason: unknown = signal.reason
      reject(reason instanceof Error ? reason : new Error('the run was ended'))
    }
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

/** Asks until the answer is true. Throws when the signal ends. */
export async function until(
  condition: () => Promise<boolean>,
  signal: AbortSignal,
  intervalMs = 100,
): Promise<void> {
  while (!(await condition())) await sleep(intervalMs, undefined, { signal })
}
