import { type MemberRule, option, type Options, type Resolved } from '@alfred/core'

/** A `Referrer-Policy` token. */
type ReferrerPolicyToken = (typeof referrerPolicies)[number]

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

const oneYear = 31_536_000

/** A header's own options, or `true` for its default, or `false` for no header. */
export const switchable = <Read, Input>(rule: MemberRule<Read, Input, 'required'>) =>
  option.anyOf('true, false or an object of options', option.boolean(), rule)

const transportSecurityShape = option
  .object({
    /**
     * Seconds.
     *
     * @default 31536000
     */
    maxAge: option.number({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
    /** Whether all names below are meant, too. @default true */
    includeSubDomains: option.boolean().optional(),
    /**
     * Asks to be put into browsers' preload lists, which takes months to undo. Needs a year of `maxAge`
     * and `includeSubDomains`, as hstspreload.org asks.
     *
     * @default false
     */
    preload: option.boolean().optional(),
  })
  .check(({ maxAge = oneYear, includeSubDomains = true, preload = false }, report) => {
    if (preload && maxAge < oneYear) {
      report
        .at('preload')
        .add('ALFRED_CONFIG_CONFLICT', `needs a maxAge of at least ${String(oneYear)} (a year).`)
    }
    if (preload && !includeSubDomains) {
      report.at('preload').add('ALFRED_CONFIG_CONFLICT', 'needs includeSubDomains.')
    }
  })

/** Options of `strictTransportSecurity` (RFC 6797). Sent over TLS alone. */
export interface StrictTransportSecurityOptions extends Options<typeof transportSecurityShape> {}

/** The rule for `strictTransportSecurity`. helmet fills in what is left out. */
export const strictTransportSecurityRule: MemberRule<
  Resolved<typeof transportSecurityShape>,
  StrictTransportSecurityOptions,
  'required'
> = transportSecurityShape

const policyRule = <const P extends string>(policies: readonly P[]) =>
  option.object({
    /** What the header says. */
    policy: option.oneOf(...policies).optional(),
  })

/** The rule for `crossOriginEmbedderPolicy`. */
export const embedderPolicyRule = policyRule(embedderPolicies)
/** The rule for `crossOriginOpenerPolicy`. */
export const openerPolicyRule = policyRule(openerPolicies)
/** The rule for `crossOriginResourcePolicy`. */
export const resourcePolicyRule = policyRule(resourcePolicies)

/** The rule for `xPermittedCrossDomainPolicies`. */
export const crossDomainPoliciesRule = option.object({
  /** What the header says. */
  permittedPolicies: option.oneOf(...crossDomainPolicies).optional(),
})

/** The rule for `xDnsPrefetchControl`. */
export const dnsPrefetchControlRule = option.object({
  /** Whether browsers may look up names of links ahead. */
  allow: option.boolean().optional(),
})

/** helmet takes any case, and `SAME-ORIGIN` too. */
const frameActionRule = option.custom<'deny' | 'sameorigin'>((value, report) =>
  option.oneOf('deny', 'sameorigin')(
    typeof value === 'string' ? value.toLowerCase().replace(/^same-origin$/, 'sameorigin') : value,
    report,
  ),
)

/** The rule for `xFrameOptions`. */
export const frameOptionsRule = option.object({
  /** Who may show the page in a frame: nobody, or pages of its own origin. */
  action: frameActionRule.optional(),
})

const referrerListRule = option.custom<
  ReferrerPolicyToken[],
  ReferrerPolicyToken | readonly ReferrerPolicyToken[]
>((value, report) => {
  const listed = Array.isArray(value) ? value : [value]
  const tokens = option.list(option.oneOf(...referrerPolicies), { min: 1 })(listed, report)
  if (tokens && new Set(tokens).size < tokens.length) {
    report.add('ALFRED_CONFIG_CONFLICT', 'must not name a policy twice.')
  }
  return tokens && [...tokens]
})

/** The rule for `referrerPolicy`. */
export const referrerPolicyRule = option.object({
  /** One policy, or several of which a browser takes the last one that it knows. */
  policy: referrerListRule.optional(),
})
