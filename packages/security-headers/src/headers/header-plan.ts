import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { HeadHook } from '@alfred/core'
import helmet from 'helmet'
import type { CspPolicy } from '../csp/content-security-policy.ts'
import { compileTemplate, type CspTemplate, markPolicy } from '../csp/csp-template.ts'
import type { SourceReaderContext } from '../csp/source-reader.ts'
import type { HeaderKey } from './header-settings.ts'
import { formatIntegrityPolicy } from './integrity-policy.ts'
import { formatPermissionsPolicy } from './permissions-policy.ts'
import { formatReportingEndpoints } from './reporting-endpoints.ts'
import type { ResolvedHeaders } from './resolved-headers.ts'
import type { TemplatedHead } from './templated-head.ts'

/** One header to send. */
export interface HeaderField {
  /** As helmet and the standards write it. */
  readonly name: string
  /** In lower case: Node stores a name faster that needs no folding. */
  readonly field: string
  readonly value: string
  readonly key: HeaderKey
  /** Makes the value where it differs from response to response. */
  readonly template: CspTemplate | undefined
}

/** What the plans of one server share. */
export interface PlanContext extends SourceReaderContext {
  readonly createHook: (head: TemplatedHead) => HeadHook
}

/** The headers of one kind of response, ready to be replayed. */
export interface HeaderPlan {
  readonly fixed: readonly HeaderField[]
  readonly templated: readonly HeaderField[]
  readonly usesNonce: boolean
  /** Looks at the head of a response whose policy differs each time. */
  readonly hook: HeadHook
}

type HelmetMiddleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** Runs a middleware of helmet once, on a response nobody gets, and returns the header it set. */
function record(middleware: HelmetMiddleware): { name: string; value: string } {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  let recorded = { name: '', value: '' }
  response.setHeader = (name, value) => {
    recorded = { name, value: String(value) }
    return response
  }
  middleware(request, response, () => undefined)
  return recorded
}

/**
 * Formats every header once.
 *
 * @param secure - whether the client's connection is encrypted: HSTS must not be sent otherwise
 * (RFC 6797 section 7.2), and upgrading requests would break a site that has no TLS
 */
export function compilePlan(headers: ResolvedHeaders, secure: boolean, context: PlanContext): HeaderPlan {
  const fields: HeaderField[] = []
  let usesNonce = false

  const add = (key: HeaderKey, name: string, value: string, template?: CspTemplate): void => {
    fields.push({ key, name, field: name.toLowerCase(), value, template })
  }
  const addHelmet = <Options>(
    key: HeaderKey,
    setting: Options | boolean,
    create: (options?: Options) => HelmetMiddleware,
  ): void => {
    if (setting === false) return
    const { name, value } = record(create(setting === true ? undefined : setting))
    add(key, name, value)
  }
  const addPolicy = (key: HeaderKey, policy: CspPolicy, reportOnly: boolean): void => {
    const marked = markPolicy(policy)
    if (policy.size === 0) return
    const { name, value } = record(
      helmet.contentSecurityPolicy({ useDefaults: false, reportOnly, directives: marked.directives }),
    )
    usesNonce ||= marked.usesNonce
    add(key, name, value, compileTemplate(value, marked, context))
  }

  const { contentSecurityPolicy: enforced, contentSecurityPolicyReportOnly: reported } = headers
  const { helmet: settings, reportingEndpoints: endpoints } = headers
  if (enforced) {
    const policy = reachable(enforced.policy, endpoints, secure)
    addPolicy(
      'contentSecurityPolicy',
      secure ? policy : without(policy, ['upgrade-insecure-requests']),
      enforced.reportOnly,
    )
  }
  if (reported) {
    // Both are ignored in a policy that only reports, with a warning on every page.
    const policy = without(reachable(reported, endpoints, secure), ['upgrade-insecure-requests', 'sandbox'])
    addPolicy('contentSecurityPolicyReportOnly', policy, true)
  }
  addHelmet('crossOriginEmbedderPolicy', settings.crossOriginEmbedderPolicy, helmet.crossOriginEmbedderPolicy)
  addHelmet('crossOriginOpenerPolicy', settings.crossOriginOpenerPolicy, helmet.crossOriginOpenerPolicy)
  addHelmet('crossOriginResourcePolicy', settings.crossOriginResourcePolicy, helmet.crossOriginResourcePolicy)
  addHelmet('originAgentCluster', settings.originAgentCluster, helmet.originAgentCluster)
  // With helmet's `no-referrer` browsers send `Origin: null` with the site's own forms, and over plain HTTP nothing else
  // says where they come from.
  const byDefault = settings.referrerPolicy === true && !secure
  addHelmet(
    'referrerPolicy',
    byDefault ? { policy: ['same-origin' as const] } : settings.referrerPolicy,
    helmet.referrerPolicy,
  )
  if (secure) {
    addHelmet('strictTransportSecurity', settings.strictTransportSecurity, helmet.strictTransportSecurity)
  }
  addHelmet('xContentTypeOptions', settings.xContentTypeOptions, helmet.xContentTypeOptions)
  addHelmet('xDnsPrefetchControl', settings.xDnsPrefetchControl, helmet.xDnsPrefetchControl)
  addHelmet('xDownloadOptions', settings.xDownloadOptions, helmet.xDownloadOptions)
  addHelmet('xFrameOptions', settings.xFrameOptions, helmet.xFrameOptions)
  addHelmet(
    'xPermittedCrossDomainPolicies',
    settings.xPermittedCrossDomainPolicies,
    helmet.xPermittedCrossDomainPolicies,
  )
  addHelmet('xXssProtection', settings.xXssProtection, helmet.xXssProtection)
  if (headers.permissionsPolicy && headers.permissionsPolicy.size > 0) {
    add('permissionsPolicy', 'Permissions-Policy', formatPermissionsPolicy(headers.permissionsPolicy))
  }
  if (endpoints && Object.keys(endpoints).length > 0) {
    add('reportingEndpoints', 'Reporting-Endpoints', formatReportingEndpoints(endpoints))
  }
  if (headers.integrityPolicy) {
    add('integrityPolicy', 'Integrity-Policy', formatIntegrityPolicy(headers.integrityPolicy))
  }
  if (headers.integrityPolicyReportOnly) {
    const value = formatIntegrityPolicy(headers.integrityPolicyReportOnly)
    add('integrityPolicyReportOnly', 'Integrity-Policy-Report-Only', value)
  }
  const templated = fields.filter(({ template }) => template !== undefined)
  return {
    fixed: fields.filter(({ template }) => template === undefined),
    templated,
    usesNonce,
    hook: context.createHook({ fields: templated.map(({ field }) => field), usesNonce }),
  }
}

function without(policy: CspPolicy, directives: readonly string[]): CspPolicy {
  return new Map([...policy].filter(([name]) => !directives.includes(name)))
}

/**
 * Makes sure that reports arrive. Browsers without the Reporting API know `report-uri` alone; those with
 * it ignore that one wherever there is a `report-to`, also over plain HTTP, where they heed no endpoints.
 */
function reachable(
  policy: CspPolicy,
  endpoints: ResolvedHeaders['reportingEndpoints'],
  secure: boolean,
): CspPolicy {
  const name = policy.get('report-to')?.[0]
  const url = endpoints && typeof name === 'string' ? endpoints[name] : undefined
  const reported: CspPolicy =
    url === undefined || policy.has('report-uri') ? policy : new Map([...policy, ['report-uri', [url]]])
  return secure || !reported.has('report-uri') ? reported : without(reported, ['report-to'])
}
