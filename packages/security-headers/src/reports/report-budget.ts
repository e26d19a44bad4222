/** A token bucket: `perSecond` tokens flow in each second, at most one second's worth is kept. */
export interface ReportBudget {
  /** Takes one token if there is one. */
  take(nowMs: number): boolean
  /** Milliseconds until there is a token again. */
  waitMs(nowMs: number): number
}

/** Builds a full bucket. */
export function createReportBudget(perSecond: number, startsAtMs: number): ReportBudget {
  const capacity = Math.max(1, perSecond)
  let tokens = capacity
  let updatedAt = startsAtMs
  const refill = (nowMs: number): void => {
    tokens = Math.min(capacity, tokens + ((nowMs - updatedAt) / 1000) * perSecond)
    updatedAt = nowMs
  }
  return {
    take(nowMs) {
      refill(nowMs)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    waitMs(nowMs) {
      refill(nowMs)
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
  }
}
