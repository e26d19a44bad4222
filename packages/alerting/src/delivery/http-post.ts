import { option, type OptionRule } from '@alfred/core'
import { DeliveryError } from './delivery-error.ts'

/** One POST request. */
export interface HttpPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** How long a response asks to be left alone, where it has a way of its own to say so. */
  readonly readRetryAfterMs?: ((headers: Headers) => number | undefined) | undefined
}

/** Asked to wait longer than this, we try all the same. */
const longestRetryAfterMs = 3_600_000

/** Of 4xx those that may pass by themselves; every other one says that the content is refused. */
const passingStatuses = new Set([401, 403, 408, 425, 429])

/** The wait that a Retry-After field asks for, RFC 9110 section 10.2.3: seconds, or a date. */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), longestRetryAfterMs)
}

/**
 * Posts to a receiver. Redirects are not followed: they would carry the content to somebody who was not
 * configured.
 *
 * @throws {@link DeliveryError} for every answer but 2xx; whatever `fetch` throws
 */
export async function httpPost(
  { url, headers, body, readRetryAfterMs }: HttpPost,
  signal: AbortSignal,
  nowMs: number,
): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
  // The answer says nothing that is needed, and an unread one holds its connection.
  await response.body?.cancel()
  if (response.ok) return
  const { status } = response
  throw new DeliveryError(`the receiver answered ${String(status)}`, {
    permanent: status < 500 && !passingStatuses.has(status),
    retryAfterMs:
      readRetryAfterMs?.(response.headers) ?? retryAfterMs(response.headers.get('retry-after'), nowMs),
  })
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/**
 * The rule for a receiver's address.
 *
 * @param plain - whether `http:` is usual for it, as inside a cluster; else only to this machine
 */
export const receiverUrlRule =
  ({ plain = false } = {}): OptionRule<string> =>
  (value, report) => {
    const url = typeof value === 'string' ? URL.parse(value) : null
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a URL that starts with https:// or http://.')
      return undefined
    }
    if (url.protocol === 'http:' && !plain && !isLoopback(url.hostname)) {
      report.add('ALFRED_CONFIG_UNSAFE', 'must start with https://: it carries a secret.')
      return undefined
    }
    if (url.username !== '' || url.password !== '') {
      report.add('ALFRED_CONFIG_UNSAFE', 'must not hold a user name or a password.')
      return undefined
    }
    return url.href
  }

/** The rule for extra header fields. */
export const headersRule = option.record(option.string())
