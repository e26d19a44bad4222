/** What clients of one kind saw. */
export interface Tally {
  requests: number
  /** By what went wrong. */
  readonly failures: Map<string, number>
  readonly firstByteMs: number[]
  readonly wholeMs: number[]
}

export const newTally = (): Tally => ({ requests: 0, failures: new Map(), firstByteMs: [], wholeMs: [] })

/** Counts one request; what it throws counts as its failure. */
export async function counted(tally: Tally, request: () => Promise<void>): Promise<void> {
  tally.requests += 1
  try {
    await request()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    tally.failures.set(reason, (tally.failures.get(reason) ?? 0) + 1)
  }
}

export const failuresOf = ({ failures }: Tally): number =>
  [...failures.values()].reduce((sum, count) => sum + count, 0)
