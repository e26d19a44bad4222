import { type CspViolation, isRecord, readViolation } from './csp-violation.ts'

/** The media types reports come in: of `report-uri` and of the Reporting API. */
export type ReportFormat = 'csp-report' | 'reports+json'

const formats = new Map<string, ReportFormat>([
  ['application/csp-report', 'csp-report'],
  ['application/reports+json', 'reports+json'],
])

/** The format a `Content-Type` names; `undefined` for any other. */
export function reportFormat(contentType = ''): ReportFormat | undefined {
  const [mediaType = ''] = contentType.split(';', 1)
  return formats.get(mediaType.trim().toLowerCase())
}

/** Kinds of reports of the Reporting API beside those of the CSP (Integrity-Policy, COEP, Permissions-Policy). */
export type OtherViolation = 'coep' | 'integrity-violation' | 'permissions-policy-violation'

const isOther = (type: unknown): type is OtherViolation =>
  type === 'coep' || type === 'integrity-violation' || type === 'permissions-policy-violation'

/** The reports in a body: how many there are, and the violations among the first `maxReports`. */
export interface ParsedReports {
  readonly total: number
  readonly violations: readonly CspViolation[]
  /** Violations of other policies among them. */
  readonly others: readonly OtherViolation[]
}

/** @returns `undefined` when the body is not what its format promises */
export function parseReports(
  format: ReportFormat,
  body: Buffer,
  maxReports: number,
): ParsedReports | undefined {
  const parsed = parseJson(body)
  if (format === 'csp-report') {
    if (!isRecord(parsed) || !isRecord(parsed['csp-report'])) return undefined
    const violation = readViolation(parsed['csp-report'])
    return { total: 1, violations: violation === undefined ? [] : [violation], others: [] }
  }
  // The Reporting API sends a list; some browsers send a lone report bare.
  const reports: readonly unknown[] | undefined = Array.isArray(parsed)
    ? parsed
    : isRecord(parsed)
      ? [parsed]
      : undefined
  if (!reports) return undefined
  const read = reports.slice(0, maxReports).filter(isRecord)
  const violations = read.flatMap((report) => {
    if (report['type'] !== 'csp-violation') return []
    return readViolation(report['body']) ?? []
  })
  return { total: reports.length, violations, others: read.map(({ type }) => type).filter(isOther) }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
