import type { QuotaFieldWriter } from './quota-field-writer.ts'
import { resetMsOf, tightestResult } from './tightest-result.ts'
import { wholeSeconds } from './whole-seconds.ts'

/**
 * `RateLimit-Policy` and the one `RateLimit` dictionary of draft-ietf-httpapi-ratelimit-headers-07, which
 * has room for the policy with the least left (section 4). Two policies of the same quota must not be
 * listed (section 3.5): the one with the shorter window is. On a denial `reset` is the same point in time
 * as `Retry-After`.
 */
export const draft7Fields: QuotaFieldWriter = (response, { decision, retryAfterSeconds }) => {
  const windows = new Map<number, number>()
  for (const { policy, quota } of decision.results) {
    if (!policy.enforced) continue
    const { limit } = quota ?? policy
    if (limit === Infinity) continue
    const windowMs = windows.get(limit)
    windows.set(limit, windowMs === undefined ? policy.windowMs : Math.min(windowMs, policy.windowMs))
  }
  if (windows.size > 0) {
    const items = [...windows].map(([limit, ms]) => `${String(limit)};w=${String(wholeSeconds(ms))}`)
    response.setHeader('RateLimit-Policy', items.join(', '))
  }
  const shown = tightestResult(decision)
  if (!shown) return
  const { policy, answer, quota } = shown
  const resetSeconds = wholeSeconds(resetMsOf(shown))
  const reset = decision.allowed ? resetSeconds : (retryAfterSeconds ?? resetSeconds)
  response.setHeader(
    'RateLimit',
    `limit=${String((quota ?? policy).limit)}, remaining=${String(answer.remaining)}, reset=${String(reset)}`,
  )
}
