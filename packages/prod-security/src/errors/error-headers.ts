import { validateHeaderName, validateHeaderValue } from 'node:http'

/** Fields that frame the message or belong to one connection (RFC 9110 section 7.6.1), or that the layers decide about. */
const refused: ReadonlySet<string> = new Set([
  'age',
  'alt-svc',
  'cache-control',
  'clear-site-data',
  'connection',
  'date',
  'etag',
  'expect-ct',
  'expires',
  'feature-policy',
  'integrity-policy',
  'integrity-policy-report-only',
  'keep-alive',
  'last-modified',
  'location',
  'nel',
  'origin-agent-cluster',
  'permissions-policy',
  'pragma',
  'proxy-authenticate',
  'proxy-connection',
  'public-key-pins',
  'referrer-policy',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'server',
  'service-worker-allowed',
  'set-cookie',
  'sourcemap',
  'strict-transport-security',
  'te',
  'timing-allow-origin',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-powered-by',
  'x-request-id',
  'x-sourcemap',
  'x-xss-protection',
])

/** `content-` holds the framing, the CSP and what describes a body that is not sent. */
const refusedPrefixes = [
  'access-control-',
  'content-',
  'cross-origin-',
  'document-policy',
  'sec-',
  'x-content-',
]

const maxFields = 20
const maxValueLength = 2048

function readValue(name: string, value: unknown): string | readonly string[] | undefined {
  if (Array.isArray(value)) {
    const values = value.slice(0, maxFields).map((entry: unknown) => readValue(name, entry))
    return values.every((entry) => typeof entry === 'string') ? values : undefined
  }
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof text !== 'string' || text.length > maxValueLength) return undefined
  validateHeaderValue(name, text)
  return text
}

/** Only objects of the program: `Headers` and the like are an upstream's answer, not ours. */
function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/**
 * The fields that an error's `headers` may add to its answer, such as `Retry-After`, `WWW-Authenticate` and `Allow`. Those that frame
 * the message, belong to one connection, or are decided by a layer are left out, and so is what is not well-formed.
 */
export function readErrorHeaders(headers: unknown): Readonly<Record<string, string | readonly string[]>> {
  const accepted: Record<string, string | readonly string[]> = {}
  try {
    if (!isRecord(headers)) return accepted
    for (const name of Object.keys(headers).slice(0, maxFields)) {
      const lower = name.toLowerCase()
      if (refused.has(lower) || refusedPrefixes.some((prefix) => lower.startsWith(prefix))) continue
      try {
        validateHeaderName(name)
        const value = readValue(name, Reflect.get(headers, name))
        if (value !== undefined) accepted[name] = value
      } catch {
        // Not well-formed, or not to be read.
      }
    }
  } catch {
    // A proxy that does not let itself be looked at.
  }
  return accepted
}
