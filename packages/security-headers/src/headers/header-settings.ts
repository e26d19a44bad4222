import { option, type OptionRule, type PathMatch, type ProblemReport, protectedPathsRule } from '@alfred/core'
import {
  type ContentSecurityPolicyOptions,
  contentSecurityPolicyRule,
} from '../csp/content-security-policy.ts'
import {
  type CrossDomainPolicy,
  crossDomainPoliciesRule,
  dnsPrefetchControlRule,
  type EmbedderPolicy,
  embedderPolicyRule,
  frameOptionsRule,
  type OpenerPolicy,
  openerPolicyRule,
  type PolicyOptions,
  type ReferrerPolicyToken,
  referrerPolicyRule,
  type ResourcePolicy,
  resourcePolicyRule,
  type StrictTransportSecurityOptions,
  strictTransportSecurityRule,
  switchable,
} from './helmet-headers.ts'
import { type IntegrityPolicyOptions, integrityPolicyRule } from './integrity-policy.ts'
import { type PermissionsPolicyOptions, permissionsPolicyRule } from './permissions-policy.ts'
import { type ReportingEndpointsOptions, reportingEndpointsRule } from './reporting-endpoints.ts'

/**
 * The headers, named as they are called on the wire. `true` asks for a header's default, `false`
 * switches it off, an object sets it. helmet's other names for them are accepted too.
 */
export interface HeaderSettings {
  /** What the page may load and run. @default helmet's policy */
  readonly contentSecurityPolicy?: boolean | ContentSecurityPolicyOptions | undefined
  /** A second policy that only reports. Its defaults are the enforced policy. @default false */
  readonly contentSecurityPolicyReportOnly?: false | ContentSecurityPolicyOptions | undefined
  /** @default false */
  readonly crossOriginEmbedderPolicy?: boolean | PolicyOptions<EmbedderPolicy> | undefined
  /** @default `{ policy: 'same-origin' }`, which cuts the tie to pop-ups that OAuth flows need */
  readonly crossOriginOpenerPolicy?: boolean | PolicyOptions<OpenerPolicy> | undefined
  /** @default `{ policy: 'same-origin' }` */
  readonly crossOriginResourcePolicy?: boolean | PolicyOptions<ResourcePolicy> | undefined
  /** @default true */
  readonly originAgentCluster?: boolean | undefined
  /** @default `{ policy: 'no-referrer' }` over TLS, `{ policy: 'same-origin' }` otherwise */
  readonly referrerPolicy?:
    | boolean
    | { readonly policy?: ReferrerPolicyToken | readonly ReferrerPolicyToken[] | undefined }
    | undefined
  /** Sent over TLS alone. @default `{ maxAge: 31536000, includeSubDomains: true }` */
  readonly strictTransportSecurity?: boolean | StrictTransportSecurityOptions | undefined
  /** `nosniff`. @default true */
  readonly xContentTypeOptions?: boolean | undefined
  /** @default `{ allow: false }` */
  readonly xDnsPrefetchControl?: boolean | { readonly allow?: boolean | undefined } | undefined
  /** `noopen`. @default true */
  readonly xDownloadOptions?: boolean | undefined
  /** @default `{ action: 'sameorigin' }` */
  readonly xFrameOptions?: boolean | { readonly action?: 'deny' | 'sameorigin' | undefined } | undefined
  /** @default `{ permittedPolicies: 'none' }` */
  readonly xPermittedCrossDomainPolicies?:
    boolean | { readonly permittedPolicies?: CrossDomainPolicy | undefined } | undefined
  /** Whether the framework's `X-Powered-By` is removed. @default true */
  readonly xPoweredBy?: boolean | undefined
  /** `0`: the filter of old browsers could be turned against the page. @default true */
  readonly xXssProtection?: boolean | undefined
  /** Which features of the browser the page and its frames may use. @default false */
  readonly permissionsPolicy?: false | PermissionsPolicyOptions | undefined
  /** @default false */
  readonly reportingEndpoints?: false | ReportingEndpointsOptions | undefined
  /** @default false */
  readonly integrityPolicy?: false | IntegrityPolicyOptions | undefined
  /** @default false */
  readonly integrityPolicyReportOnly?: false | IntegrityPolicyOptions | undefined
  /** Paths whose responses, and those of paths below them, are not stored unless the app sets a `Cache-Control` of its own. @default false */
  readonly cacheControl?: false | { readonly noStore: PathMatch } | undefined

  /** helmet's name of `xDnsPrefetchControl`. */
  readonly dnsPrefetchControl?: HeaderSettings['xDnsPrefetchControl']
  /** helmet's name of `xFrameOptions`. */
  readonly frameguard?: HeaderSettings['xFrameOptions']
  /** helmet's name of `xPoweredBy`. */
  readonly hidePoweredBy?: HeaderSettings['xPoweredBy']
  /** helmet's name of `strictTransportSecurity`. */
  readonly hsts?: HeaderSettings['strictTransportSecurity']
  /** helmet's name of `xDownloadOptions`. */
  readonly ieNoOpen?: HeaderSettings['xDownloadOptions']
  /** helmet's name of `xContentTypeOptions`. */
  readonly noSniff?: HeaderSettings['xContentTypeOptions']
  /** helmet's name of `xPermittedCrossDomainPolicies`. */
  readonly permittedCrossDomainPolicies?: HeaderSettings['xPermittedCrossDomainPolicies']
  /** helmet's name of `xXssProtection`. */
  readonly xssFilter?: HeaderSettings['xXssProtection']
}

const off = option.oneOf(false)
const orOff = <T>(rule: OptionRule<T>): OptionRule<T | false> =>
  option.anyOf('false or an object of options', off, rule)

const canonicalRules = {
  contentSecurityPolicy: switchable(contentSecurityPolicyRule),
  contentSecurityPolicyReportOnly: orOff(contentSecurityPolicyRule),
  crossOriginEmbedderPolicy: switchable(embedderPolicyRule),
  crossOriginOpenerPolicy: switchable(openerPolicyRule),
  crossOriginResourcePolicy: switchable(resourcePolicyRule),
  originAgentCluster: option.boolean(),
  referrerPolicy: switchable(referrerPolicyRule),
  strictTransportSecurity: switchable(strictTransportSecurityRule),
  xContentTypeOptions: option.boolean(),
  xDnsPrefetchControl: switchable(dnsPrefetchControlRule),
  xDownloadOptions: option.boolean(),
  xFrameOptions: switchable(frameOptionsRule),
  xPermittedCrossDomainPolicies: switchable(crossDomainPoliciesRule),
  xPoweredBy: option.boolean(),
  xXssProtection: option.boolean(),
  permissionsPolicy: orOff(permissionsPolicyRule),
  reportingEndpoints: orOff(reportingEndpointsRule),
  integrityPolicy: orOff(integrityPolicyRule),
  integrityPolicyReportOnly: orOff(integrityPolicyRule),
  cacheControl: orOff(
    option.objectOf<{ noStore: PathMatch }>({ noStore: protectedPathsRule }, { required: ['noStore'] }),
  ),
}

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

type Read<Rule> = Rule extends OptionRule<infer T> ? T : never
type Aliases = typeof aliases

/** Settings after checking, by canonical names. */
export type ReadSettings = { [Key in HeaderKey]?: Read<(typeof canonicalRules)[Key]> }

/** Settings after checking, also by helmet's names. */
export type AliasedSettings = ReadSettings & { [Alias in keyof Aliases]?: ReadSettings[Aliases[Alias]] }

type Rules = {
  readonly [Key in keyof AliasedSettings]-?: OptionRule<Exclude<AliasedSettings[Key], undefined>>
}

const aliasRule = <Key extends HeaderKey>(key: Key): (typeof canonicalRules)[Key] => canonicalRules[key]

/** The rules of all headers, to be put beside those of other options. */
export const headerRules: Rules = {
  ...canonicalRules,
  dnsPrefetchControl: aliasRule(aliases.dnsPrefetchControl),
  frameguard: aliasRule(aliases.frameguard),
  hidePoweredBy: aliasRule(aliases.hidePoweredBy),
  hsts: aliasRule(aliases.hsts),
  ieNoOpen: aliasRule(aliases.ieNoOpen),
  noSniff: aliasRule(aliases.noSniff),
  permittedCrossDomainPolicies: aliasRule(aliases.permittedCrossDomainPolicies),
  xssFilter: aliasRule(aliases.xssFilter),
}

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
