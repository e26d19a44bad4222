/** What holds connections, timers or files. */
export interface Lifecycle extends AsyncDisposable {
  /** Resolves once it can do its work; rejects only when it never will. */
  ready(): Promise<void>
  /** Releases everything; a second call returns the same promise. */
  close(): Promise<void>
}

/**
 * Builds the `ready`, `close` and `Symbol.asyncDispose` trio of a {@link Lifecycle}.
 *
 * @param close - runs at most once
 * @param ready - defaults to "ready at once"
 */
export function lifecycle(close: () => Promise<void> | void, ready?: () => Promise<void>): Lifecycle {
  let closing: Promise<void> | undefined
  // An async wrapper, so that a throw of a synchronous close becomes a rejection.
  const closeOnce = (): Promise<void> => (closing ??= (async () => close())())
  return {
    ready: ready ?? (() => Promise.resolve()),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}
