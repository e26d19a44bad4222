import { option, type OptionRule } from '@alfred/core'

/** Options of `strictTransportSecurity` (RFC 6797). Sent over TLS alone. */
export interface StrictTransportSecurityOptions {
  /**
   * Seconds.
   *
   * @default 31536000
   */
  readonly maxAge?: number | undefined
  /** @default true */
  readonly includeSubDomains?: boolean | undefined
  /**
   * Asks to be put into browsers' preload lists, which takes months to undo. Needs a year of `maxAge`
   * and `includeSubDomains`, as hstspreload.org asks.
   *
   * @default false
   */
  readonly preload?: boolean | undefined
}

/** A `Referrer-Policy` token. */
export type ReferrerPolicyToken = (typeof referrerPolicies)[number]

/** Options of the headers that name one policy. */
export interface PolicyOptions<Policy extends string> {
  readonly policy?: Policy | undefined
}

/** What `Cross-Origin-Embedder-Policy` may say. */
export type EmbedderPolicy = (typeof embedderPolicies)[number]
/** What `Cross-Origin-Opener-Policy` may say. */
export type OpenerPolicy = (typeof openerPolicies)[number]
/** What `Cross-Origin-Resource-Policy` may say. */
export type ResourcePolicy = (typeof resourcePolicies)[number]
/** What `X-Permitted-Cross-Domain-Policies` may say. */
export type CrossDomainPolicy = (typeof crossDomainPolicies)[number]

const embedderPolicies = ['require-corp', 'credentialless', 'unsafe-none'] as const
const openerPolicies = [
  'same-origin',
  'same-origin-allow-popups',
  'noopener-allow-popups',
  'unsafe-none',
] as const
const resourcePolicies = ['same-origin', 'same-site', 'cross-origin'] as const
const crossDomainPolicies = ['none', 'master-only', 'by-content-type', 'all'] as const
const referrerPolicies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
  '',
] as const

/** The checked form of {@link StrictTransportSecurityOptions}. */
export interface StrictTransportSecurity {
  maxAge?: number
  includeSubDomains?: boolean
  preload?: boolean
}

const oneYear = 31_536_000

/** A header's own options, or `true` for its default, or `false` for no header. */
export const switchable = <T>(rule: OptionRule<T>): OptionRule<T | boolean> =>
  option.anyOf('true, false or an object of options', option.boolean(), rule)

/** The rule for `strictTransportSecurity`. */
export const strictTransportSecurityRule: OptionRule<StrictTransportSecurity> = (value, report) => {
  const read = option.objectOf<StrictTransportSecurity>({
    maxAge: option.number({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    includeSubDomains: option.boolean(),
    preload: option.boolean(),
  })(value, report)
  if (!read?.preload) return read
  if ((read.maxAge ?? oneYear) < oneYear) {
    report
      .at('preload')
      .add('ALFRED_CONFIG_CONFLICT', `needs a maxAge of at least ${String(oneYear)} (a year).`)
  }
  if (read.includeSubDomains === false) {
    report.at('preload').add('ALFRED_CONFIG_CONFLICT', 'needs includeSubDomains.')
  }
  return read
}

const policyRule = <const P extends string>(policies: readonly P[]): OptionRule<{ policy?: P }> =>
  option.objectOf<{ policy?: P }>({ policy: option.oneOf(...policies) })

/** The rule for `crossOriginEmbedderPolicy`. */
export const embedderPolicyRule = policyRule(embedderPolicies)
/** The rule for `crossOriginOpenerPolicy`. */
export const openerPolicyRule = policyRule(openerPolicies)
/** The rule for `crossOriginResourcePolicy`. */
export const resourcePolicyRule = policyRule(resourcePolicies)

/** The rule for `xPermittedCrossDomainPolicies`. */
export const crossDomainPoliciesRule = option.objectOf<{ permittedPolicies?: CrossDomainPolicy }>({
  permittedPolicies: option.oneOf(...crossDomainPolicies),
})

/** The rule for `xDnsPrefetchControl`. */
export const dnsPrefetchControlRule = option.objectOf<{ allow?: boolean }>({ allow: option.boolean() })

/** helmet takes any case, and `SAME-ORIGIN` too. */
const frameActionRule: OptionRule<'deny' | 'sameorigin'> = (value, report) =>
  option.oneOf('deny', 'sameorigin')(
    typeof value === 'string' ? value.toLowerCase().replace(/^same-origin$/, 'sameorigin') : value,
    report,
  )

/** The rule for `xFrameOptions`. */
export const frameOptionsRule = option.objectOf<{ action?: 'deny' | 'sameorigin' }>({
  action: frameActionRule,
})

const referrerListRule: OptionRule<ReferrerPolicyToken[]> = (value, report) => {
  const listed = Array.isArray(value) ? value : [value]
  const tokens = option.list(option.oneOf(...referrerPolicies), { min: 1 })(listed, report)
  if (tokens && new Set(tokens).size < tokens.length) {
    report.add('ALFRED_CONFIG_CONFLICT', 'must not name a policy twice.')
  }
  return tokens && [...tokens]
}

/** The rule for `referrerPolicy`. */
export const referrerPolicyRule = option.objectOf<{ policy?: ReferrerPolicyToken[] }>({
  policy: referrerListRule,
})
