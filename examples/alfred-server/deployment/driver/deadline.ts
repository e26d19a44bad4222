import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `work` for `ms` at the longest. The signal it gets ends then, or when `parent` does. */
export async function withDeadline<T>(
  what: string,
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController()
  const timer = setTimeout(() => {
    timeout.abort(new Error(`${what} took longer than ${String(ms / 1000)} s`))
  }, ms)
  const signal = AbortSignal.any([parent, timeout.signal])
  try {
    return await Promise.race([work(signal), rejectOnAbort(signal)])
  } finally {
    clearTimeout(timer)
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
