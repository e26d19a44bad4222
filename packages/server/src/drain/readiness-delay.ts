/** What is known of whoever sends requests to a server. */
export interface DelayReasons {
  /** What the configuration says. */
  readonly readinessDelayMs?: number | undefined
  /** The signal, or why else. */
  readonly reason: string
  /** Whether a person started the process in a terminal. */
  readonly isTerminal: boolean
  /** Whether somebody asked a health probe; `undefined` when nobody knows. */
  readonly probed: boolean | undefined
}

/** For a balancer that probes every second or two and takes an instance out after two or three failures. */
export const defaultReadinessDelayMs = 5000

/** How long a server goes on accepting so that load balancers notice: not at all where none seems to be. */
export function readinessDelay({ readinessDelayMs, reason, isTerminal, probed }: DelayReasons): number {
  if (readinessDelayMs !== undefined) return readinessDelayMs
  return reason === 'SIGINT' || isTerminal || probed === false ? 0 : defaultReadinessDelayMs
}
