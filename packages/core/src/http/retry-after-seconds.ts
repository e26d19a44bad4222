/**
 * The value of `Retry-After`: never 0, which would mean "at once", and never earlier than the wait.
 *
 * @param jitterMs - at most so much is added, so that clients denied together do not come back together
 * @param random - from 0 up to 1
 */
export const retryAfterSeconds = (waitMs: number, jitterMs: number, random: () => number): number =>
  Math.max(1, Math.ceil((jitterMs === 0 ? waitMs : waitMs + random() * jitterMs) / 1000))
