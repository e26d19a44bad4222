import { addressGroup, createBoundedCache } from '@alfred/core'

/** A token bucket: `perSecond` tokens flow in each second, at most one second's worth is kept. */
interface Bucket {
  /** Takes one token if there is one. */
  take(nowMs: number): boolean
  /** Milliseconds until there is a token again. */
  waitMs(nowMs: number): number
}

/** Builds a full bucket. */
function createBucket(perSecond: number, startsAtMs: number): Bucket {
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

/** What reports may cost: a bucket for each client address, and one for all of them together. */
export interface ReportBudget {
  /** Takes a token of the address and one of the process, if there are both. */
  take(address: string | undefined, nowMs: number): boolean
  /** Milliseconds until there are both again. */
  waitMs(address: string | undefined, nowMs: number): number
}

/** How many clients are told apart; who was not seen for longest gets a full bucket again. The total holds all the same. */
const rememberedClients = 10_000

/** Builds the budget. Addresses of IPv6 count by their /64 network. */
export function createReportBudget(perAddress: number, inTotal: number, startsAtMs: number): ReportBudget {
  const total = createBucket(inTotal, startsAtMs)
  const buckets = createBoundedCache<Bucket>(rememberedClients)
  const bucketOf = (address: string | undefined, nowMs: number): Bucket => {
    const key = address === undefined ? '' : addressGroup(address)
    const known = buckets.get(key) ?? createBucket(perAddress, nowMs)
    buckets.set(key, known)
    return known
  }
  return {
    // The address first: what one client has too much of costs the others nothing.
    take: (address, nowMs) => bucketOf(address, nowMs).take(nowMs) && total.take(nowMs),
    waitMs: (address, nowMs) => Math.max(bucketOf(address, nowMs).waitMs(nowMs), total.waitMs(nowMs)),
  }
}
