/** The three forms of HTTP-date begin with the name of a day: RFC 9110 section 5.6.7. */
const dayName = /^(?:mon|tue|wed|thu|fri|sat|sun)/i

/**
 * How long a `Retry-After` field asks to wait: RFC 9110 section 10.2.3.
 *
 * @param value - the field: seconds, or a date
 * @param nowMs - the time now, in milliseconds since 1970
 * @returns milliseconds, 0 for a date that has passed; `undefined` without a field, and for one that is neither form
 *
 * @example
 * ```ts
 * import { parseRetryAfter } from '@alfred/core'
 *
 * parseRetryAfter('120', Date.now()) // 120000
 * ```
 */
export function parseRetryAfter(value: string | null | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!dayName.test(text)) return undefined
  const waitMs = Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.max(waitMs, 0)
}
