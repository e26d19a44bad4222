/** What a limiter of rate-limiter-flexible answers, and rejects a denial with. */
export interface FlexibleResult {
  readonly remainingPoints: number
  readonly msBeforeNext: number
  readonly consumedPoints: number
}

/** The part of a limiter of rate-limiter-flexible that the store uses; any of its limiters has it. */
export interface FlexibleLimiter {
  readonly points: number
  /** Seconds. */
  readonly duration: number
  consume(key: string, points?: number): Promise<FlexibleResult>
  penalty(key: string, points?: number): Promise<FlexibleResult>
  reward(key: string, points?: number): Promise<FlexibleResult>
  get(key: string): Promise<FlexibleResult | null>
}

/** Whether what a limiter rejected with is a denial: it is no `Error`, and neither is an outage's every time. */
export function isFlexibleDenial(value: unknown): value is FlexibleResult {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { msBeforeNext, consumedPoints } = value as Partial<Record<keyof FlexibleResult, unknown>>
  return typeof msBeforeNext === 'number' && typeof consumedPoints === 'number'
}
