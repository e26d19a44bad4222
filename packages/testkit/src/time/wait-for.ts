import { setTimeout as sleep } from 'node:timers/promises'

/** How long and how often {@link waitFor} looks. */
export interface WaitForOptions {
  /** How long to wait before giving up, ms. @default 5000 */
  readonly timeoutMs?: number | undefined
  /** The pause between two looks, ms. @default 10 */
  readonly intervalMs?: number | undefined
  /** What is waited for, named in the error. @default 'the condition' */
  readonly what?: string | undefined
}

/**
 * Waits until `condition` returns something truthy, sleeping in between. A condition that throws has
 * not come true yet; its last error is the cause of the time-out's.
 *
 * @returns what the condition returned
 * @throws Error when `timeoutMs` have passed
 *
 * @example
 * const line = await waitFor(() => lines.find((text) => text.includes('ready')), { timeoutMs: 2_000 })
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000, intervalMs = 10, what = 'the condition' }: WaitForOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) {
      throw new Error(`${what} did not come true within ${String(timeoutMs)} ms`, { cause })
    }
    await sleep(intervalMs)
  }
}
