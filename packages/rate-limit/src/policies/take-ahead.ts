/** How a process takes units ahead for keys that are asked for often. */
export interface TakeAhead {
  /** Units taken at a time. */
  readonly units: number
  /** How long they may be used, in milliseconds. */
  readonly maxMs: number
}
