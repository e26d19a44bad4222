import { type Clock, type Problem, reducedCapacity, retryAfterSeconds, sendRefusal } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressGate } from '../addresses/address-gate.ts'
import type { Claim, Decision } from '../admission/admission.ts'
import type { ActivePolicy } from '../policies/policy-set.ts'
import { createQuotaFieldWriter, type QuotaFieldOptions } from './quota-fields/quota-fields.ts'
import { quotaExceeded } from './quota-exceeded.ts'

/** What {@link createLimitAnswer} needs. */
export interface LimitAnswerOptions extends QuotaFieldOptions {
  readonly retryAfterJitterMs: number
  readonly gate: Pick<AddressGate, 'countOffence'>
  readonly clock: Clock
}

/** Answers a request that was counted. */
export interface LimitAnswer {
  /** Adds the fields that say what is left. */
  addFields(response: ServerResponse, decision: Decision, claims: readonly Claim[]): void
  /** Ends the response with 429, or 503 while the store is away, and counts the offence. */
  deny(request: IncomingMessage, response: ServerResponse, decision: Decision, claims: readonly Claim[]): void
}

/** As many problems are kept ready: policies are few, and mostly denied one at a time. */
const maxProblems = 1000

/** Builds the function that adds to a problem which policies it is about: the same object every time. */
function createProblems(problem: Problem): (violated: readonly ActivePolicy[]) => Problem {
  const problems = new Map<number, Problem>()
  return (violated) => {
    let mask = 0
    for (const { index } of violated) mask |= 1 << index
    let own = problems.get(mask)
    if (!own) {
      if (problems.size >= maxProblems) problems.clear()
      const extensions = Object.freeze({ 'violated-policies': violated.map(({ name }) => name) })
      problems.set(mask, (own = Object.freeze({ ...problem, extensions })))
    }
    return own
  }
}

/** Builds what tells clients of their quotas, in the form that the options name. */
export function createLimitAnswer(options: LimitAnswerOptions): LimitAnswer {
  const { retryAfterJitterMs, gate, clock } = options
  const writeFields = createQuotaFieldWriter(options)
  const problemsOf = { quota: createProblems(quotaExceeded), store: createProblems(reducedCapacity) }

  return {
    addFields(response, decision, claims) {
      if (!response.headersSent) writeFields(response, { decision, claims, retryAfterSeconds: 0 })
    },
    deny(request, response, decision, claims) {
      const { reason = 'quota', retryAfterMs, violated } = decision
      // No time is named where none would help.
      const seconds =
        retryAfterMs === Infinity
          ? undefined
          : retryAfterSeconds(retryAfterMs, retryAfterJitterMs, Math.random)
      if (!response.headersSent) writeFields(response, { decision, claims, retryAfterSeconds: seconds })
      if (reason === 'quota') gate.countOffence(request, 1)
      sendRefusal(request, response, problemsOf[reason](violated), seconds, clock)
    },
  }
}
