import type { IncomingMessage, ServerResponse } from 'node:http'
import { createBoundedCache, createGuardedFunction, type Logger } from '@alfred/core'
import type { CspSourceFunction } from './content-security-policy.ts'
import type { DirectiveKind } from './csp-directives.ts'
import { checkSource, isNonce } from './csp-sources.ts'

/** What the functions of all policies of one server share. */
export interface SourceReaderContext {
  readonly logger: Logger
  /** Makes nonces; also those that match nothing. */
  readonly createNonce: () => string
  readonly usedNonces: UsedNonces
}

/** Whether a nonce was already in the policy of another response. */
export type UsedNonces = (source: string, response: ServerResponse) => boolean

/** Enough to see a nonce that is fixed, or kept for a session, while it is in use. */
const rememberedNonces = 1000

/** Remembers which response each of the last nonces was for. */
export function createUsedNonces(): UsedNonces {
  const responses = createBoundedCache<WeakRef<ServerResponse>>(rememberedNonces)
  return (source, response) => {
    if (!isNonce(source)) return false
    const user = responses.get(source)
    // One response has the same nonce in several directives and policies.
    if (user) return user.deref() !== response
    responses.set(source, new WeakRef(response))
    return false
  }
}

/** One function of a directive. */
export interface SourceSlot {
  readonly kind: DirectiveKind
  readonly source: CspSourceFunction
}

/**
 * Wraps a function that names a source. One that throws, returns a promise, names anything but a single sound source, or a
 * nonce of another response, gets what allows least: the policy becomes stricter, the response stays.
 */
export function createSourceReader(
  { kind, source }: SourceSlot,
  { logger, createNonce, usedNonces }: SourceReaderContext,
): (request: IncomingMessage, response: ServerResponse) => string {
  const read = createGuardedFunction({
    name: 'headers.contentSecurityPolicy source',
    call(request: IncomingMessage, response: ServerResponse) {
      const answer: unknown = source(request, response)
      if (typeof answer === 'string' && usedNonces(answer, response)) {
        throw new Error('the function returned the nonce of another response; a nonce must be new each time')
      }
      return answer
    },
    read(answer) {
      if (typeof answer === 'string' && checkSource(kind, answer, true) === undefined) return answer
      throw new TypeError('the function must return one valid source')
    },
    fallback: undefined,
    consequence:
      'its source was left out of the policy, and inline scripts and styles without a nonce are blocked',
    logger,
  })
  return (request, response) => read(request, response) ?? strictestSource(kind, createNonce)
}

/** What allows least in place of a source that failed. */
function strictestSource(kind: DirectiveKind, createNonce: () => string): string {
  // No element has it. Browsers ignore 'unsafe-inline' beside any nonce, and would heed it without one. It must be
  // new, or whoever reads one answer can use it on the next.
  if (kind === 'script-sources') return `'nonce-${createNonce()}'`
  if (kind === 'trusted-types-sinks') return "'script'"
  return kind === 'webrtc' ? "'block'" : ''
}
