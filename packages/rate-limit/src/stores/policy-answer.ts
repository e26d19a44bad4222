/** What one policy says to one request. */
export interface PolicyAnswer {
  /** Whether the cost fitted. Of a call that counted nothing: whether the policy's own cost would fit. */
  readonly allowed: boolean
  /** Units of cost left now; `Infinity` where a plan has no limit. */
  readonly remaining: number
  /** Milliseconds until the cost fits; 0 when it did, `Infinity` when it never will. */
  readonly retryAfterMs: number
  /** Milliseconds until one more unit of cost is left; 0 when all are. */
  readonly nextMs: number
  /** Milliseconds until nothing is counted any more. */
  readonly resetMs: number
  /** Milliseconds for which an administrator has blocked the subject; absent where nobody has. */
  readonly blockedMs?: number | undefined
}
