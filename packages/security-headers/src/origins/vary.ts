import type { ServerResponse } from 'node:http'

/**
 * Adds `field` to the response's `Vary`, keeping what stands there. A field already named, in any case,
 * and `*` stay as they are. A head that was sent is left alone.
 *
 * @param field - a header name, or several separated by commas
 */
export function addVary(response: ServerResponse, field: string): void {
  if (response.headersSent) return
  const current = response.getHeader('vary')
  const listed = Array.isArray(current) ? current.join(', ') : String(current ?? '')
  const merged = mergeVary(listed, field)
  if (merged !== listed) response.setHeader('vary', merged)
}

/** A value of `Vary` with the names of `field` that it lacks. */
export function mergeVary(listed: string, field: string): string {
  if (listed === '') return field
  const known = new Set(listed.split(',').map((name) => name.trim().toLowerCase()))
  if (known.has('*')) return listed
  const missing = field.split(', ').filter((name) => !known.has(name.toLowerCase()))
  return [listed, ...missing].join(', ')
}
