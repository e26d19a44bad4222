import type { IncomingMessage } from 'node:http'

const simpleMethods = new Set(['GET', 'HEAD', 'POST'])

/** What forms and blind requests may send (Fetch standard, "CORS-safelisted request-header"). */
const simpleTypes = new Set(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'])

/**
 * Whether a browser asks by a preflight before it sends such a request for a page of another origin. It judges by method,
 * type and `Authorization`: the fields that every server reads.
 */
export function needsPreflight({ method, headers }: IncomingMessage): boolean {
  if (!simpleMethods.has(method ?? '')) return true
  if (headers.authorization !== undefined) return true
  const [essence = ''] = (headers['content-type'] ?? '').split(';')
  const type = essence.trim().toLowerCase()
  return type !== '' && !simpleTypes.has(type)
}
