import { type Clock, createBoundedCache } from '@alfred/core'

/** How many invalid keys one client may present. */
export interface InvalidKeyLimit {
  /** Invalid keys of one address within `windowMs`. */
  readonly limit: number
  /** In milliseconds. */
  readonly windowMs: number
}

/** Counts failures by client address. */
export interface FailureLimiter {
  /**
   * Counts one failure that is about to happen, if the address has any left.
   *
   * @returns 0, or how long to wait, in ms
   */
  take(address: string | undefined): number
  /** Takes one back: it was no failure. */
  giveBack(address: string | undefined): void
}

interface Window {
  failures: number
  readonly endsAt: number
}

/** How many addresses are counted; a window that falls out begins anew. */
const maxAddresses = 20_000

/**
 * Builds the limiter: fixed windows, in memory, of this process. A request without an address is not counted:
 * all of them together are no client.
 *
 * @param groupOf - the part of an address that one subscriber holds
 */
export function createFailureLimiter(
  { limit, windowMs }: InvalidKeyLimit,
  clock: Clock,
  groupOf: (address: string) => string,
): FailureLimiter {
  const windows = createBoundedCache<Window>(maxAddresses)
  return {
    take(address) {
      if (address === undefined) return 0
      const group = groupOf(address)
      const now = clock.monotonicMs()
      let window = windows.get(group)
      if (!window || window.endsAt <= now) {
        window = { failures: 0, endsAt: now + windowMs }
        windows.set(group, window)
      }
      if (window.failures >= limit) return window.endsAt - now
      window.failures += 1
      return 0
    },
    giveBack(address) {
      const window = address === undefined ? undefined : windows.get(groupOf(address))
      if (window && window.failures > 0) window.failures -= 1
    },
  }
}
