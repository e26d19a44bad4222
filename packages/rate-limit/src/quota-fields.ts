import type { Clock } from '@alfred/core'
import type { ServerResponse } from 'node:http'
import type { Outcome, PolicyResult } from './admission.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { RateLimitHeaders } from './rate-limit-options.ts'
import { structuredString } from './structured-string.ts'

/** Writes what a request leaves of the quotas into the header of its response. */
export type QuotaFieldWriter = (response: ServerResponse, outcome: Outcome) => void

const seconds = (ms: number): number => Math.ceil(ms / 1000)

/** One member of `RateLimit-Policy`: the policy's name, its quota and its window in whole seconds. */
export const policyItem = ({
  name,
  limit,
  windowMs,
}: Pick<ResolvedPolicy, 'name' | 'limit' | 'windowMs'>): string =>
  `${structuredString(name)};q=${String(limit)};w=${String(seconds(windowMs))}`

/**
 * Fields of draft-ietf-httpapi-ratelimit-headers-11. A denial lists only the policies that denied it, so
 * that no `t` lies after `Retry-After`; shadow policies are not shown.
 */
function draft11(policies: readonly ResolvedPolicy[]): QuotaFieldWriter {
  const items = policies.map(policyItem)
  const limits = policies.map(({ name }) => `${structuredString(name)};r=`)

  return (response, { allowed, results }) => {
    let offered = ''
    let left = ''
    for (const { policy, answer } of results) {
      if (!policy.enforced) continue
      offered += `${offered === '' ? '' : ', '}${items[policy.index] ?? ''}`
      if (!answer || answer.allowed !== allowed) continue
      const until = allowed ? answer.nextMs : answer.retryAfterMs
      left += `${left === '' ? '' : ', '}${limits[policy.index] ?? ''}${String(answer.remaining)};t=${String(seconds(until))}`
    }
    if (offered !== '') response.appendHeader('RateLimit-Policy', offered)
    if (left !== '') response.appendHeader('RateLimit', left)
  }
}

const tighter = (one: PolicyResult | undefined, other: PolicyResult): PolicyResult =>
  one?.answer && other.answer && one.answer.remaining <= other.answer.remaining ? one : other

/** `X-RateLimit-*` fields, which have room for one policy: the one with the least left. */
const legacy =
  (clock: Clock): QuotaFieldWriter =>
  (response, { allowed, results }) => {
    const shown = results
      .filter(({ policy, answer }) => policy.enforced && answer?.allowed === allowed)
      .reduce<PolicyResult | undefined>(tighter, undefined)
    if (!shown?.answer) return
    response.setHeader('X-RateLimit-Limit', shown.policy.limit)
    response.setHeader('X-RateLimit-Remaining', shown.answer.remaining)
    response.setHeader('X-RateLimit-Reset', seconds(clock.now() + shown.answer.resetMs))
  }

/** Builds the writer of the fields that `headers` names. */
export function createQuotaFieldWriter(
  headers: RateLimitHeaders,
  policies: readonly ResolvedPolicy[],
  clock: Clock,
): QuotaFieldWriter {
  switch (headers) {
    case 'draft-11':
      return draft11(policies)
    case 'legacy':
      return legacy(clock)
    case false:
      return () => undefined
  }
}
