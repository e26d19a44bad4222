import type { ServerResponse } from 'node:http'

/**
 * Adds `field` to the response's `Vary`, keeping what stands there. A field already named, in any case,
 * and `*` stay as they are.
 *
 * @param field - a header name, or several separated by commas
 */
export function addVary(response: ServerResponse, field: string): void {
  const current = response.getHeader('vary')
  if (current === undefined || current === '') {
    response.setHeader('vary', field)
    return
  }
  const listed = Array.isArray(current) ? current.join(', ') : String(current)
  const known = new Set(splitList(listed))
  if (known.has('*')) return
  const missing = field.split(', ').filter((name) => !known.has(name.toLowerCase()))
  if (missing.length > 0) response.setHeader('vary', [listed, ...missing].join(', '))
}

function splitList(list: string): string[] {
  return list.split(',').map((name) => name.trim().toLowerCase())
}
