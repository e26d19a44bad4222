import {
  compose,
  createErrorAnswer,
  failWith,
  isThenable,
  type Logger,
  type Middleware,
  type ProxyCheck,
  whenFinished,
  withCheckedTarget,
} from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressGate } from './addresses/address-gate.ts'
import type { Admission, Claim, Decision } from './admission/admission.ts'
import type { ClaimReader } from './admission/claim-reader.ts'
import type { LimitAnswer } from './answers/limit-answer.ts'

/** What {@link createLimitingMiddleware} needs. */
export interface LimitingMiddlewareOptions {
  readonly proxyCheck: Pick<ProxyCheck, 'observe'>
  readonly gate: Pick<AddressGate, 'verdict'>
  readonly claimReader: Pick<ClaimReader, 'read'>
  readonly admission: Admission
  readonly answer: LimitAnswer
  readonly logger: Logger
}

/** Builds the middleware that counts requests by the policies that match them. */
export function createLimitingMiddleware(options: LimitingMiddlewareOptions): Middleware {
  const { proxyCheck, gate, claimReader, admission, answer, logger } = options

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
    admission.admit(claims, (decision) => {
      try {
        admitted(request, response, next, claims, decision)
      } catch (error) {
        failWith(next)(error)
      }
    })
  }

  const admitted = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
    claims: readonly Claim[],
    decision: Decision,
  ): void => {
    const { allowed, release, giveBack } = decision
    if (release) whenFinished(response, release)
    if (!allowed) {
      answer.deny(request, response, decision, claims)
      return
    }
    if (giveBack) {
      whenFinished(response, (completed) => {
        // Of a response that was cut off nobody knows the outcome.
        if (completed) giveBack(({ outcomeReader }) => outcomeReader?.(response) === false)
      })
    }
    answer.addFields(response, decision, claims)
    next()
  }

  const limiting = withCheckedTarget((request, response, next) => {
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
      failWith(next)(error)
      return
    }
    if (isThenable(claims)) {
      claims
        .then((read) => {
          decide(request, response, next, read)
        })
        .catch(failWith(next))
    } else decide(request, response, next, claims)
  })
  // A request goes on in the turn of the store's answer, where nobody else catches.
  return compose([limiting], createErrorAnswer(logger))
}
