import { type Algorithm, type AlgorithmScript, maxUs, type Quota } from './algorithm.ts'

/** How soon another try makes sense, in milliseconds: nobody knows when a lease comes back. */
const nextTryMs = 1000

/** More leases than these make a value that takes Redis long to read. */
export const maxLeases = 1000

/**
 * Leases: at most `limit` are out at any moment. One that nobody returns or renews, for its process died,
 * comes back after `windowMs`. To take a lease again that one has already renews it.
 *
 * The reading is how many are out, whether the caller's own is among them, and the microseconds until the
 * first comes back by itself.
 *
 * @returns `undefined` for more leases than {@link maxLeases}
 */
export function compileConcurrency({ limit, windowMs }: Quota): Algorithm | undefined {
  const window = windowMs * 1000
  if (limit > maxLeases || window > maxUs) return undefined
  return {
    parameters: { limit, window },
    unit: 1,
    lifeMs: windowMs,
    count([out = 0, own = 0, first = 0], amount) {
      if (amount > 0 && own === 0) return [out + 1, 1, out === 0 ? window : first]
      if (amount < 0 && own === 1) return [out - 1, 0, out === 1 ? 0 : first]
      return [out, own, first]
    },
    waitMs: ([out = 0, own = 0, first = 0], amount) =>
      own === 1 || out + amount <= limit ? 0 : Math.min((first + 1) / 1000, nextTryMs),
    remaining: ([out = 0]) => Math.max(0, limit - out),
    resetMs: ([out = 0]) => (out === 0 ? 0 : windowMs),
  }
}

/** {@link compileConcurrency} in Lua: a cell for each lease, its number being the lease's. */
export const concurrencyScript: AlgorithmScript = {
  cells: [],
  reading: ['n@', 'h@', 'e@'],
  leases: {
    readEach: `
      n@ = n@ + 1
      if e@ == 0 or m - now < e@ then e@ = m - now end
      if r == lease then
        h@, o@ = 1, m
      else
        kept[#kept + 1] = string.sub(packed, p, p + 13)
        if m > last then last = m end
      end`,
    hasOwn: 'h@ == 1',
    ownEnd: 'o@',
    endsAt: 'now + {window}',
  },
  read: '',
  fits: 'h@ == 1 or n@ + t@ <= {limit}',
  count: `
    if t@ > 0 and h@ == 0 then
      n@, h@ = n@ + 1, 1
    elseif t@ < 0 and h@ == 1 then
      n@, h@ = n@ - 1, 0
    end`,
  write: '',
}
