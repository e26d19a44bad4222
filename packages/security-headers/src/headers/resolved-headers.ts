import { closestName, type PathMatch, type ProblemReport } from '@alfred/core'
import { changePolicy, type CspPolicy, defaultPolicy } from '../csp/content-security-policy.ts'
import type { HeaderKey, ReadSettings } from './header-settings.ts'
import type { IntegrityPolicyOptions } from './integrity-policy.ts'
import type { PermissionsPolicy } from './permissions-policy.ts'
import type { ReportingEndpointsOptions } from './reporting-endpoints.ts'

/** Who decided a header. */
export type HeaderLayer = 'default' | 'preset' | 'option' | 'override'

type HelmetKey = Exclude<
  HeaderKey,
  | 'cacheControl'
  | 'contentSecurityPolicy'
  | 'contentSecurityPolicyReportOnly'
  | 'integrityPolicy'
  | 'integrityPolicyReportOnly'
  | 'permissionsPolicy'
  | 'reportingEndpoints'
>

/** Everything decided about the headers of one kind of response. */
export interface ResolvedHeaders {
  readonly contentSecurityPolicy: { readonly policy: CspPolicy; readonly reportOnly: boolean } | false
  readonly contentSecurityPolicyReportOnly: CspPolicy | false
  readonly permissionsPolicy: PermissionsPolicy | false
  readonly reportingEndpoints: ReportingEndpointsOptions | false
  readonly integrityPolicy: IntegrityPolicyOptions | false
  readonly integrityPolicyReportOnly: IntegrityPolicyOptions | false
  readonly cacheControl: { readonly noStore: PathMatch } | false
  /** What helmet formats. */
  readonly helmet: { readonly [Key in HelmetKey]: Exclude<ReadSettings[Key], undefined> }
  /** Who decided, where it was not helmet. */
  readonly layers: ReadonlyMap<HeaderKey, HeaderLayer>
}

/** helmet's defaults. */
export function defaultHeaders(): ResolvedHeaders {
  return {
    contentSecurityPolicy: { policy: defaultPolicy(), reportOnly: false },
    contentSecurityPolicyReportOnly: false,
    permissionsPolicy: false,
    reportingEndpoints: false,
    integrityPolicy: false,
    integrityPolicyReportOnly: false,
    cacheControl: false,
    helmet: {
      crossOriginEmbedderPolicy: false,
      crossOriginOpenerPolicy: true,
      crossOriginResourcePolicy: true,
      originAgentCluster: true,
      referrerPolicy: true,
      strictTransportSecurity: true,
      xContentTypeOptions: true,
      xDnsPrefetchControl: true,
      xDownloadOptions: true,
      xFrameOptions: true,
      xPermittedCrossDomainPolicies: true,
      xPoweredBy: true,
      xXssProtection: true,
    },
    layers: new Map(),
  }
}

/**
 * Puts `settings` over `base`. CSP directives and Permissions-Policy features are changed one by one,
 * every other header as a whole; `true` keeps what `base` says where that is not `false`.
 */
export function applySettings(
  base: ResolvedHeaders,
  settings: ReadSettings,
  layer: HeaderLayer,
): ResolvedHeaders {
  const layers = new Map(base.layers)
  for (const key of Object.keys(settings)) layers.set(key as HeaderKey, layer)

  const enforced = changeEnforced(base.contentSecurityPolicy, settings.contentSecurityPolicy)
  const policyToTry = enforced === false ? defaultPolicy() : enforced.policy
  return {
    contentSecurityPolicy: enforced,
    contentSecurityPolicyReportOnly: changeReportOnly(
      base.contentSecurityPolicyReportOnly,
      settings.contentSecurityPolicyReportOnly,
      policyToTry,
    ),
    permissionsPolicy: settings.permissionsPolicy
      ? new Map([...(base.permissionsPolicy || []), ...settings.permissionsPolicy])
      : (settings.permissionsPolicy ?? base.permissionsPolicy),
    reportingEndpoints: settings.reportingEndpoints ?? base.reportingEndpoints,
    integrityPolicy: settings.integrityPolicy ?? base.integrityPolicy,
    integrityPolicyReportOnly: settings.integrityPolicyReportOnly ?? base.integrityPolicyReportOnly,
    cacheControl: settings.cacheControl ?? base.cacheControl,
    helmet: Object.fromEntries(
      Object.entries(base.helmet).map(([key, before]) => {
        const after = settings[key as HelmetKey]
        return [key, after === undefined || (after === true && before !== false) ? before : after]
      }),
    ) as ResolvedHeaders['helmet'],
    layers,
  }
}

function changeEnforced(
  base: ResolvedHeaders['contentSecurityPolicy'],
  setting: ReadSettings['contentSecurityPolicy'],
): ResolvedHeaders['contentSecurityPolicy'] {
  if (setting === undefined) return base
  if (setting === false) return false
  const before = base === false ? { policy: defaultPolicy(), reportOnly: false } : base
  if (setting === true) return before
  return {
    policy: changePolicy(before.policy, setting),
    reportOnly: setting.reportOnly ?? before.reportOnly,
  }
}

function changeReportOnly(
  base: CspPolicy | false,
  setting: ReadSettings['contentSecurityPolicyReportOnly'],
  policyToTry: CspPolicy,
): CspPolicy | false {
  if (setting === undefined || setting === false) return setting ?? base
  return changePolicy(base === false ? policyToTry : base, setting)
}

/** Reports what only shows once the layers are put together. */
export function checkHeaders(headers: ResolvedHeaders, report: ProblemReport): void {
  const { contentSecurityPolicy: enforced, contentSecurityPolicyReportOnly: reported } = headers
  if (enforced && enforced.reportOnly && reported) {
    report
      .at('contentSecurityPolicyReportOnly')
      .add('ALFRED_CONFIG_CONFLICT', 'is also what contentSecurityPolicy with reportOnly sets.')
  }
  if (enforced && enforced.policy.size === 0) {
    report
      .at('contentSecurityPolicy')
      .at('directives')
      .add(
        'ALFRED_CONFIG_MISSING',
        'must name a directive: the policy is empty, and no header is sent. Set false for no policy.',
      )
  }
  const endpoints = Object.keys(headers.reportingEndpoints || {})
  const checkEndpoints = (names: readonly unknown[], at: ProblemReport): void => {
    for (const name of names) {
      if (typeof name !== 'string' || endpoints.includes(name)) continue
      at.add('ALFRED_CONFIG_CONFLICT', 'names no entry of reportingEndpoints.', closestName(name, endpoints))
    }
  }
  const reportTo = (policy: CspPolicy | undefined): readonly unknown[] => policy?.get('report-to') ?? []
  checkEndpoints(
    reportTo(enforced ? enforced.policy : undefined),
    report.at('contentSecurityPolicy').at('directives').at('reportTo'),
  )
  checkEndpoints(
    reportTo(reported || undefined),
    report.at('contentSecurityPolicyReportOnly').at('directives').at('reportTo'),
  )
  for (const key of ['integrityPolicy', 'integrityPolicyReportOnly'] as const) {
    const policy = headers[key]
    checkEndpoints((policy && policy.endpoints) || [], report.at(key).at('endpoints'))
  }
}
