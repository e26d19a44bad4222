/** Longer than this no provider is left alone, whatever it says. */
const maxMs = 600_000

function read(text: string | null, unitMs: number, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined
  const number = Number(text)
  const ms = Number.isFinite(number) ? number * unitMs : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), maxMs) : undefined
}

/** Reads `Retry-After` (RFC 9110, section 10.2.3) and the finer `retry-after-ms` of OpenAI, in ms; at most ten minutes. */
export function readRetryAfterMs(headers: unknown, now: number = Date.now()): number | undefined {
  if (!(headers instanceof Headers)) return undefined
  return read(headers.get('retry-after-ms'), 1, now) ?? read(headers.get('retry-after'), 1000, now)
}
