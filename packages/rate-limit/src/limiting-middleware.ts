import { type Middleware, type ProxyCheck, whenFinished, withCheckedTarget } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressGate } from './addresses/address-gate.ts'
import type { Admission, Claim } from './admission.ts'
import type { ClaimReader } from './claims.ts'
import type { LimitAnswer } from './limit-answer.ts'

/** What {@link createLimitingMiddleware} needs. */
export interface LimitingMiddlewareOptions {
  readonly proxyCheck: Pick<ProxyCheck, 'observe'>
  readonly gate: Pick<AddressGate, 'verdict'>
  readonly claimReader: Pick<ClaimReader, 'read'>
  readonly admission: Admission
  readonly answer: LimitAnswer
}

/** Builds the middleware that counts requests by the policies that match them. */
export function createLimitingMiddleware(options: LimitingMiddlewareOptions): Middleware {
  const { proxyCheck, gate, claimReader, admission, answer } = options

  /** Lets a request pass or ends it, once it is known whom it counts for. */
  const decide = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
    claims: readonly Claim[],
  ): void => {
    if (claims.length === 0) {
      next()
      return
    }
    admission.admit(claims, (outcome) => {
      const { allowed, release } = outcome
      if (release) whenFinished(response, release)
      if (!allowed) {
        answer.deny(request, response, outcome, claims)
        return
      }
      answer.tell(response, outcome, claims)
      next()
    })
  }

  return withCheckedTarget((request, response, next) => {
    proxyCheck.observe(request)
    const verdict = gate.verdict(request, response)
    if (verdict === 'refused') return
    if (verdict === 'exempt') {
      next()
      return
    }
    let claims: readonly Claim[] | Promise<readonly Claim[]>
    try {
      claims = claimReader.read(request)
    } catch (error) {
      next(error)
      return
    }
    if (claims instanceof Promise) {
      void claims.then((known) => {
        decide(request, response, next, known)
      })
    } else decide(request, response, next, claims)
  })
}
