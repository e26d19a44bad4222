import {
  type GivenObject,
  type MemberRule,
  option,
  type ProblemReport,
  protectedPathsRule,
  type ReadObject,
  type Resolved,
} from '@alfred/core'
import { contentSecurityPolicyRule } from '../csp/content-security-policy.ts'
import {
  crossDomainPoliciesRule,
  dnsPrefetchControlRule,
  embedderPolicyRule,
  frameOptionsRule,
  openerPolicyRule,
  referrerPolicyRule,
  resourcePolicyRule,
  strictTransportSecurityRule,
  switchable,
} from './helmet-headers.ts'
import { integrityPolicyRule } from './integrity-policy.ts'
import { permissionsPolicyRule } from './permissions-policy.ts'
import { reportingEndpointsRule } from './reporting-endpoints.ts'

const orOff = <Read, Input>(rule: MemberRule<Read, Input, 'required'>) =>
  option.anyOf('false or an object of options', option.oneOf(false), rule)

const canonicalRules = {
  /** What the page may load and run. @default helmet's policy */
  contentSecurityPolicy: switchable(contentSecurityPolicyRule).optional(),
  /** A second policy that only reports. Its defaults are the enforced policy. @default false */
  contentSecurityPolicyReportOnly: orOff(contentSecurityPolicyRule).optional(),
  /** @default false */
  crossOriginEmbedderPolicy: switchable(embedderPolicyRule).optional(),
  /** @default `{ policy: 'same-origin' }`, which cuts the tie to pop-ups that OAuth flows need */
  crossOriginOpenerPolicy: switchable(openerPolicyRule).optional(),
  /** @default `{ policy: 'same-origin' }` */
  crossOriginResourcePolicy: switchable(resourcePolicyRule).optional(),
  /** @default true */
  originAgentCluster: option.boolean().optional(),
  /** @default `{ policy: 'no-referrer' }` over TLS, `{ policy: 'same-origin' }` otherwise */
  referrerPolicy: switchable(referrerPolicyRule).optional(),
  /** Sent over TLS alone. @default `{ maxAge: 31536000, includeSubDomains: true }` */
  strictTransportSecurity: switchable(strictTransportSecurityRule).optional(),
  /** `nosniff`. @default true */
  xContentTypeOptions: option.boolean().optional(),
  /** @default `{ allow: false }` */
  xDnsPrefetchControl: switchable(dnsPrefetchControlRule).optional(),
  /** `noopen`. @default true */
  xDownloadOptions: option.boolean().optional(),
  /** @default `{ action: 'sameorigin' }` */
  xFrameOptions: switchable(frameOptionsRule).optional(),
  /** @default `{ permittedPolicies: 'none' }` */
  xPermittedCrossDomainPolicies: switchable(crossDomainPoliciesRule).optional(),
  /** Whether the framework's `X-Powered-By` is removed. @default true */
  xPoweredBy: option.boolean().optional(),
  /** `0`: the filter of old browsers could be turned against the page. @default true */
  xXssProtection: option.boolean().optional(),
  /** Which features of the browser the page and its frames may use. @default false */
  permissionsPolicy: orOff(permissionsPolicyRule).optional(),
  /** @default false */
  reportingEndpoints: orOff(reportingEndpointsRule).optional(),
  /** @default false */
  integrityPolicy: orOff(integrityPolicyRule).optional(),
  /** @default false */
  integrityPolicyReportOnly: orOff(integrityPolicyRule).optional(),
  /** Paths whose responses, and those of paths below them, are not stored unless the app sets a `Cache-Control` of its own. @default false */
  cacheControl: orOff(option.object({ /** The paths. */ noStore: protectedPathsRule })).optional(),
} as const

const aliases = {
  dnsPrefetchControl: 'xDnsPrefetchControl',
  frameguard: 'xFrameOptions',
  hidePoweredBy: 'xPoweredBy',
  hsts: 'strictTransportSecurity',
  ieNoOpen: 'xDownloadOptions',
  noSniff: 'xContentTypeOptions',
  permittedCrossDomainPolicies: 'xPermittedCrossDomainPolicies',
  xssFilter: 'xXssProtection',
} as const satisfies Record<string, HeaderKey>

/** A header by the name of its option. */
export type HeaderKey = keyof typeof canonicalRules

type Aliases = typeof aliases

/** Settings after checking, by canonical names. */
export type ReadSettings = {
  [Key in HeaderKey]?: Exclude<Resolved<(typeof canonicalRules)[Key]>, undefined>
}

/** Settings after checking, also by helmet's names. */
export type AliasedSettings = Partial<ReadObject<typeof headerRules>>

/** The rules of all headers, to be put beside those of other options. */
export const headerRules = {
  ...canonicalRules,

  /** helmet's name of `xDnsPrefetchControl`. */
  dnsPrefetchControl: canonicalRules.xDnsPrefetchControl,
  /** helmet's name of `xFrameOptions`. */
  frameguard: canonicalRules.xFrameOptions,
  /** helmet's name of `xPoweredBy`. */
  hidePoweredBy: canonicalRules.xPoweredBy,
  /** helmet's name of `strictTransportSecurity`. */
  hsts: canonicalRules.strictTransportSecurity,
  /** helmet's name of `xDownloadOptions`. */
  ieNoOpen: canonicalRules.xDownloadOptions,
  /** helmet's name of `xContentTypeOptions`. */
  noSniff: canonicalRules.xContentTypeOptions,
  /** helmet's name of `xPermittedCrossDomainPolicies`. */
  permittedCrossDomainPolicies: canonicalRules.xPermittedCrossDomainPolicies,
  /** helmet's name of `xXssProtection`. */
  xssFilter: canonicalRules.xXssProtection,
} as const

/**
 * The headers, named as they are called on the wire. `true` asks for a header's default, `false`
 * switches it off, an object sets it. helmet's other names for them are accepted too.
 */
export interface HeaderSettings extends GivenObject<typeof headerRules> {}

/** Settings by canonical names alone; a header set under two names is reported. */
export function canonicalSettings(settings: AliasedSettings, report: ProblemReport): ReadSettings {
  const canonical: Record<string, unknown> = {}
  for (const key of Object.keys(canonicalRules) as HeaderKey[]) {
    if (settings[key] !== undefined) canonical[key] = settings[key]
  }
  for (const alias of Object.keys(aliases) as (keyof Aliases)[]) {
    const value = settings[alias]
    if (value === undefined) continue
    const key = aliases[alias]
    if (settings[key] !== undefined) {
      report.at(alias).add('ALFRED_CONFIG_CONFLICT', `sets ${key} a second time.`)
    }
    canonical[key] = value
  }
  return canonical
}
