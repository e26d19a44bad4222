import { type MemberRule, option, type Options } from '@alfred/core'

const integrityShape = option.object({
  /** Kinds of subresource that are blocked without an `integrity` attribute. */
  blockedDestinations: option.list(option.oneOf('script', 'style'), { min: 1 }),
  /** Names of `reportingEndpoints` that violations are sent to. */
  endpoints: option.list(option.string()).optional(),
})

/** Options of `integrityPolicy`: which subresources must carry integrity metadata. */
export interface IntegrityPolicyOptions extends Options<typeof integrityShape> {}

/** The rule for an Integrity-Policy. */
export const integrityPolicyRule: MemberRule<IntegrityPolicyOptions, IntegrityPolicyOptions, 'required'> =
  integrityShape

/** The header's value. */
export function formatIntegrityPolicy({ blockedDestinations, endpoints }: IntegrityPolicyOptions): string {
  const blocked = `blocked-destinations=(${blockedDestinations.join(' ')})`
  return endpoints === undefined ? blocked : `${blocked}, endpoints=(${endpoints.join(' ')})`
}
