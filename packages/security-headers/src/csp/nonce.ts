import { randomFillSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'

/** CSP Level 3 section 7.1 asks for at least 128 bits. */
const nonceBytes = 16
const noncesPerRefill = 256

/**
 * Builds a source of nonces: 128 random bits each, in base64. Random bytes are drawn in blocks, which
 * costs a fraction of drawing them one by one; none is used twice.
 */
export function createNonceSource(): () => string {
  const pool = Buffer.allocUnsafeSlow(nonceBytes * noncesPerRefill)
  let used = pool.byteLength
  return () => {
    if (used === pool.byteLength) {
      randomFillSync(pool)
      used = 0
    }
    const start = used
    used += nonceBytes
    return pool.toString('base64', start, used)
  }
}

const nonceKey: unique symbol = Symbol.for('alfred.csp-nonce')

const readKey: unique symbol = Symbol.for('alfred.csp-nonce-read')

type NonceResponse = ServerResponse & { [nonceKey]?: string; [readKey]?: boolean }

/** Remembers the nonce that `response` announced. */
export function rememberNonce(response: ServerResponse, value: string): void {
  ;(response as NonceResponse)[nonceKey] = value
}

/** Whether the page of `response` has asked for its nonce. */
export const isNonceRead = (response: ServerResponse): boolean =>
  (response as NonceResponse)[readKey] === true

/**
 * The nonce of this response, for `<script nonce="…">`; `undefined` when its policy asks for none.
 *
 * A page with a nonce must not be cached, or its nonce becomes known: reading it sets
 * `Cache-Control: no-store` unless the app has set a `Cache-Control`.
 *
 * @example
 * ```ts
 * import { nonce } from '@alfred/security-headers'
 * import type { ServerResponse } from 'node:http'
 *
 * export function page(response: ServerResponse): string {
 *   return `<script nonce="${nonce(response) ?? ''}" src="/app.js"></script>`
 * }
 * ```
 */
export function nonce(response: ServerResponse): string | undefined {
  const nonced: NonceResponse = response
  const value = nonced[nonceKey]
  if (value === undefined) return undefined
  nonced[readKey] = true
  if (!response.headersSent && response.getHeader('cache-control') === undefined) {
    response.setHeader('cache-control', 'no-store')
  }
  return value
}
