import { option } from '@alfred/core'

/** Options of `integrityPolicy`: which subresources must carry integrity metadata. */
export interface IntegrityPolicyOptions {
  /** Kinds of subresource that are blocked without an `integrity` attribute. */
  readonly blockedDestinations: readonly ('script' | 'style')[]
  /** Names of `reportingEndpoints` that violations are sent to. */
  readonly endpoints?: readonly string[] | undefined
}

/** The rule for an Integrity-Policy. */
export const integrityPolicyRule = option.objectOf<IntegrityPolicyOptions>(
  {
    blockedDestinations: option.list(option.oneOf('script', 'style'), { min: 1 }),
    endpoints: option.list(option.string()),
  },
  { required: ['blockedDestinations'] },
)

/** The header's value. */
export function formatIntegrityPolicy({ blockedDestinations, endpoints }: IntegrityPolicyOptions): string {
  const blocked = `blocked-destinations=(${blockedDestinations.join(' ')})`
  return endpoints === undefined ? blocked : `${blocked}, endpoints=(${endpoints.join(' ')})`
}
