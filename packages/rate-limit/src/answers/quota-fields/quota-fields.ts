import type { Clock } from '@alfred/core'
import type { ResolvedPolicy } from '../../policies/policy.ts'
import { draft11Fields } from './draft-11-fields.ts'
import { draft7Fields } from './draft-7-fields.ts'
import { draft8Fields } from './draft-8-fields.ts'
import { legacyFields } from './legacy-fields.ts'
import { createPartitionKeys } from './partition-key.ts'
import type { QuotaFieldWriter } from './quota-field-writer.ts'

/** Which fields tell a client of its quota. */
export type RateLimitHeaders = 'draft-11' | 'draft-8' | 'draft-7' | 'legacy' | false

/** What the writers need to know beforehand. */
export interface QuotaFieldOptions {
  readonly headers: RateLimitHeaders
  readonly policies: readonly ResolvedPolicy[]
  readonly partitionKeySecret: string | undefined
  readonly clock: Clock
}

/** Builds the writer of the fields that `headers` names. */
export function createQuotaFieldWriter({
  headers,
  policies,
  partitionKeySecret,
  clock,
}: QuotaFieldOptions): QuotaFieldWriter {
  const partitionKeys = createPartitionKeys(policies, partitionKeySecret)
  switch (headers) {
    case 'draft-11':
      return draft11Fields(policies, partitionKeys)
    case 'draft-8':
      return draft8Fields(policies, partitionKeys)
    case 'draft-7':
      return draft7Fields
    case 'legacy':
      return legacyFields(clock)
    case false:
      return () => undefined
  }
}

/** The response fields that a page of another origin needs to see, for `Access-Control-Expose-Headers`. */
export function quotaFieldNames(headers: RateLimitHeaders): readonly string[] {
  switch (headers) {
    case 'draft-11':
    case 'draft-8':
    case 'draft-7':
      return ['Retry-After', 'RateLimit', 'RateLimit-Policy']
    case 'legacy':
      return ['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']
    case false:
      return ['Retry-After']
  }
}
