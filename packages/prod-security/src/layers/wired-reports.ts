import { isPlainObject } from '@alfred/core'
import type { SecurityHeadersOptions } from '@alfred/security-headers'
import type { RequestedLayers } from './layer-definition.ts'

/** The path where reports arrive when `cspReports` names none. */
const defaultPath = '/csp-reports'

const group = 'csp'

/**
 * The options of the headers with the reports of their policy sent to `cspReports`, where the application names no other
 * place for them. What is written wrongly is for the layer to refuse.
 */
export function withReports<Options extends Partial<SecurityHeadersOptions>>(
  options: Options,
  cspReports: RequestedLayers['cspReports'],
): Options {
  const { contentSecurityPolicy: enforced, contentSecurityPolicyReportOnly: tried } = options
  if (cspReports === false || options.reportingEndpoints !== undefined || namesReports(options))
    return options
  const { path = defaultPath } = cspReports
  return {
    ...options,
    reportingEndpoints: { [group]: path },
    ...(enforced !== false && { contentSecurityPolicy: reporting(enforced) }),
    ...(tried && { contentSecurityPolicyReportOnly: reporting(tried) }),
  }
}

type Policy = Exclude<SecurityHeadersOptions['contentSecurityPolicy'], false>

function reporting(policy: Policy): Policy {
  if (policy === undefined || policy === true) return { directives: { reportTo: [group] } }
  if (!isPlainObject(policy)) return policy
  return { ...policy, directives: { ...policy.directives, reportTo: [group] } }
}

const reportDirectives = ['reportTo', 'report-to', 'reportUri', 'report-uri']

/** Whether a policy says itself where its reports go. */
function namesReports(options: Partial<SecurityHeadersOptions>): boolean {
  const overrides: readonly unknown[] = Array.isArray(options.overrides) ? options.overrides : []
  return [options, ...overrides].some(
    (settings) =>
      isPlainObject(settings) &&
      [settings['contentSecurityPolicy'], settings['contentSecurityPolicyReportOnly']].some((policy) => {
        const directives = isPlainObject(policy) ? policy['directives'] : undefined
        return isPlainObject(directives) && reportDirectives.some((name) => directives[name] !== undefined)
      }),
  )
}
