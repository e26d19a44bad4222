import { option, parseRetryAfter } from '@alfred/core'
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
const maxRetryAfterMs = 3_600_000

/** Of 4xx those that may pass by themselves; every other one says that the content is refused. */
const passingStatuses = new Set([401, 403, 408, 425, 429])

const limitWait = (waitMs: number | undefined): number | undefined =>
  waitMs === undefined ? undefined : Math.min(waitMs, maxRetryAfterMs)

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
      readRetryAfterMs?.(response.headers) ??
      limitWait(parseRetryAfter(response.headers.get('retry-after'), nowMs)),
  })
}

/** The rule for extra header fields. */
export const headersRule = option.record(option.string())
