import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemType, sendProblem } from '@alfred/core'
import type { ClientKeyRejection } from './client-key-verifier.ts'

/** Answers requests that are not let through, as RFC 6750 section 3 and RFC 9457 have it. */
export interface ClientKeyProblems {
  missing(request: IncomingMessage, response: ServerResponse): void
  ambiguous(request: IncomingMessage, response: ServerResponse): void
  rejected(
    request: IncomingMessage,
    response: ServerResponse,
    reason: ClientKeyRejection,
    retryAfterMs: number,
  ): void
  insufficientScope(request: IncomingMessage, response: ServerResponse, scopes: readonly string[]): void
}

const invalid = 'The key is not valid.'

/** Only who has the right secret learns more than that the key is not valid. */
const details: Readonly<Record<Exclude<ClientKeyRejection, 'limited' | 'unavailable'>, string>> = {
  malformed: 'The key is incomplete, mistyped, or made for another deployment.',
  unknown: invalid,
  'wrong-secret': invalid,
  rotated: 'The key was replaced by a newer one.',
  expired: 'The key has expired.',
  revoked: 'The key was revoked.',
}

/** Builds the answers. */
export function createClientKeyProblems(realm: string): ClientKeyProblems {
  const challenge = `Bearer realm="${realm}"`
  const retryAfter = (response: ServerResponse, retryAfterMs: number): void => {
    response.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfterMs / 1000)))
  }

  return {
    missing(request, response) {
      // Without an error code: the client did not know that it needs a key (section 3.1).
      response.setHeader('WWW-Authenticate', challenge)
      sendProblem(request, response, {
        type: problemType('client-key-missing'),
        status: 401,
        title: 'An API key is needed',
        detail: 'Send it as Authorization: Bearer <key>, or as X-API-Key.',
      })
    },
    ambiguous(request, response) {
      response.setHeader('WWW-Authenticate', `${challenge}, error="invalid_request"`)
      sendProblem(request, response, {
        type: problemType('client-key-ambiguous'),
        status: 400,
        title: 'The request presents two API keys',
        detail: 'Send one key, as Authorization: Bearer <key> or as X-API-Key.',
      })
    },
    rejected(request, response, reason, retryAfterMs) {
      if (reason === 'limited') {
        retryAfter(response, retryAfterMs)
        sendProblem(request, response, {
          type: problemType('client-key-limited'),
          status: 429,
          title: 'Too many invalid API keys came from this address',
          detail: 'Check the key, then try again after the time in Retry-After.',
        })
        return
      }
      if (reason === 'unavailable') {
        retryAfter(response, retryAfterMs)
        sendProblem(request, response, {
          type: problemType('client-key-unavailable'),
          status: 503,
          title: 'The API key cannot be checked at the moment',
          detail: 'This says nothing about the key. Try again after the time in Retry-After.',
        })
        return
      }
      const detail = details[reason]
      response.setHeader(
        'WWW-Authenticate',
        `${challenge}, error="invalid_token", error_description="${detail}"`,
      )
      sendProblem(request, response, {
        type: problemType('client-key-invalid'),
        status: 401,
        title: 'The API key was not accepted',
        detail,
      })
    },
    insufficientScope(request, response, scopes) {
      const scope = scopes.join(' ')
      response.setHeader('WWW-Authenticate', `${challenge}, error="insufficient_scope", scope="${scope}"`)
      sendProblem(request, response, {
        type: problemType('client-key-scope'),
        status: 403,
        title: 'The API key may not do this',
        detail: `The key needs: ${scope}.`,
      })
    },
  }
}
