import type { HeadHook, Logger } from '@alfred/core'
import { isNonceRead } from '../csp/nonce.ts'

/** What a policy that differs from response to response needs to know when the head is sent. */
export interface TemplatedHead {
  /** Names of the fields with such a policy. */
  readonly fields: readonly string[]
  /** Whether the nonces are ours; otherwise a function of the policy may name some. */
  readonly usesNonce: boolean
}

/** Builds the last look at responses whose policy differs each time. The logger is told once of a nonce in caches. */
export function createTemplatedHeadHook(logger: Logger): (head: TemplatedHead) => HeadHook {
  let warned = false
  return ({ fields, usesNonce }) =>
    (head) => {
      const { response, status } = head
      if (status === 304) {
        // A browser puts the fields of a 304 over those it stored (RFC 9111 section 4.3.4), and the nonce in the stored
        // page is another one.
        for (const field of fields) response.removeHeader(field)
        return
      }
      if (warned || !/\bpublic\b|\bs-maxage\b/i.test(head.field('cache-control') ?? '')) return
      const isSent = usesNonce
        ? isNonceRead(response)
        : /^text\/html\b/i.test(head.field('content-type') ?? '') &&
          fields.some((field) => head.field(field)?.includes("'nonce-"))
      if (!isSent) return
      warned = true
      logger.warn(
        {},
        'a page with a nonce was sent with Cache-Control: public; whoever reads the cache knows its nonce. Use no-store or private',
      )
    }
}
