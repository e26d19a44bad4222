/** The ways of counting that a policy may choose. */
export type AlgorithmName = 'gcra' | 'sliding-window' | 'fixed-window' | 'token-bucket' | 'concurrency'

/** How much a policy admits. */
export interface Quota {
  /** Units of cost in each window. */
  readonly limit: number
  readonly windowMs: number
  /** Units of cost that may come at once. */
  readonly burst: number
}

/** What a subject has used, at one moment: whole numbers whose meaning is the algorithm's own. */
export type Reading = readonly number[]

/** What is kept of a subject between two calls: of no use once `timeUs` is past. */
export interface Cell {
  timeUs: number
  count: number
  /** Of the window before; used by the sliding window alone. */
  previous: number
}

/**
 * One way of counting, made for one quota. All of its numbers are whole and below 2^53, so that JavaScript
 * and Lua compute the same and nothing rounds.
 */
export interface Algorithm {
  /** The numbers that its script needs, by name. */
  readonly parameters: Readonly<Record<string, number>>
  /** What one unit of cost is in its own numbers. */
  readonly unit: number
  /** The longest time for which a state means anything, in milliseconds. */
  readonly lifeMs: number
  /** The reading after `amount` was taken or, where negative, given back; never beyond what the quota holds. */
  count(reading: Reading, amount: number): Reading
  /** Milliseconds until `amount` fits; 0 when it does, `Infinity` when it never will. */
  waitMs(reading: Reading, amount: number): number
  /** Units of cost left. */
  remaining(reading: Reading): number
  /** Milliseconds until nothing is counted any more. */
  resetMs(reading: Reading): number
}

/** An algorithm that keeps one cell for each subject. */
export interface CellAlgorithm extends Algorithm {
  /**
   * A time that a smaller quota, or a clock that was set back, puts too far ahead is cut, in the cell too. What is said
   * of the reading comes true only when that is kept, for otherwise the next one is cut anew.
   *
   * @param cell - all zeros for a subject that nobody knows
   */
  read(cell: Cell, nowUs: number): Reading
  /** Puts what is to be kept into `cell`. */
  write(reading: Reading, nowUs: number, cell: Cell): void
}

/**
 * The same algorithm in Lua. A name that ends in `@` is a variable of the rule's own, a name in braces one
 * of the algorithm's parameters, `now` the time in microseconds, and `t@` the amount to take.
 */
export interface AlgorithmScript {
  /**
   * What each cell in Redis holds, as a pair of variables: the time, to which it means anything, and a
   * number below 2^32.
   */
  readonly cells: readonly (readonly [time: string, count: string])[]
  /** Instead of cells: any number of leases, each a cell of its own whose number is the lease's. */
  readonly leases?: {
    /** What to do with one lease: `m` is its end, `r` its number, `p` its offset in `packed`. Others' go into `kept`. */
    readonly readEach: string
    /** Whether the caller's own is to be kept. */
    readonly hasOwn: string
    /** The variable that says until when. */
    readonly ownEnd: string
    /** Until when, once it was taken or renewed. */
    readonly endsAt: string
  }
  /** The variables that make up the reading; they begin at 0. */
  readonly reading: readonly string[]
  /** From the cells, all 0 for a subject that nobody knows, to the reading. Sets `cut` where it cuts a cell's time. */
  readonly read: string
  /** Whether `t@` more fits. */
  readonly fits: string
  /** Takes `t@`, or gives it back where negative. */
  readonly count: string
  /** From the reading to the cells. */
  readonly write: string
}

/** Twice the largest amount, the largest sum that is ever formed, is then still a whole number of a double. */
export const maxAmount = 2 ** 52

/** A century: times that far ahead are still exact in microseconds. */
export const maxUs = 100 * 365.25 * 86_400 * 1_000_000
