import { option, type Rule } from '@alfred/core'

/** Where browsers send reports: names that `report-to` and Integrity-Policy use, each with a path or an https URL. */
export type ReportingEndpointsOptions = Readonly<Record<string, string>>

/** RFC 9651: the key of a dictionary. */
const endpointName = /^[a-z*][a-z0-9_.*-]*$/
const endpointUrl = /^(?:\/(?!\/)|https:\/\/)[\x21\x23-\x5b\x5d-\x7e]*$/

const urlRule = option.string({ pattern: endpointUrl, hint: 'a path (/csp-reports) or an https URL' })

/** The rule for reporting endpoints. */
export const reportingEndpointsRule: Rule<ReportingEndpointsOptions> = option
  .record(urlRule)
  .check((endpoints, report) => {
    for (const name of Object.keys(endpoints)) {
      if (endpointName.test(name)) continue
      report
        .at(name)
        .add(
          'ALFRED_CONFIG_OUT_OF_RANGE',
          'must be named by lower-case letters, digits, "_", ".", "-" or "*".',
        )
    }
  })

/** The header's value. */
export function formatReportingEndpoints(endpoints: ReportingEndpointsOptions): string {
  return Object.entries(endpoints)
    .map(([name, url]) => `${name}="${url}"`)
    .join(', ')
}
