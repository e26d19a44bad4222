const firstMs = 5_000
const maxMs = 3_600_000

/**
 * How long to wait after so many failures in a row: doubled each time up to an hour, and by chance between half and
 * all of it, so that instances do not come back together ("equal jitter", AWS Architecture Blog, 2015).
 *
 * @param retryAfterMs - what the provider asked for; never less than that, and an hour at most
 */
export function backoffMs(failures: number, retryAfterMs = 0, random = Math.random()): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.min(maxMs, Math.max(Math.round(whole * (0.5 + random / 2)), retryAfterMs))
}
