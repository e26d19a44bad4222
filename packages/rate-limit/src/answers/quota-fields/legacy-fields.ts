import type { Clock } from '@alfred/core'
import type { QuotaFieldWriter } from './quota-field-writer.ts'
import { resetMsOf, tightestResult } from './tightest-result.ts'
import { wholeSeconds } from './whole-seconds.ts'

/**
 * `X-RateLimit-Limit`, `-Remaining` and `-Reset` as GitHub and others send them, with the reset in seconds
 * since the epoch. They have room for one policy: the one with the least left.
 */
export const legacyFields =
  (clock: Clock): QuotaFieldWriter =>
  (response, { decision }) => {
    const shown = tightestResult(decision)
    if (!shown) return
    response.setHeader('X-RateLimit-Limit', shown.quota?.limit ?? shown.policy.limit)
    response.setHeader('X-RateLimit-Remaining', shown.answer.remaining)
    response.setHeader('X-RateLimit-Reset', wholeSeconds(clock.now() + resetMsOf(shown)))
  }
