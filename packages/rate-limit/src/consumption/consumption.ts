import { AlfredError } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Admission, Claim, Decision } from '../admission/admission.ts'
import { type ClaimReader, type Counted, groupClaims } from '../admission/claim-reader.ts'
import type { LimitAnswer } from '../answers/limit-answer.ts'
import type { ActivePolicy, PolicySet } from '../policies/policy-set.ts'
import { type RateLimitDecision, toDecision } from './rate-limit-decision.ts'
import { createReservation, type Reservation } from './reservation.ts'
import { type RateLimitSubject, readSubject } from '../stores/subject.ts'

/** One policy to count in, and for whom. */
export interface RateLimitTake {
  /** The policy's name. */
  readonly policy: string
  /** Whom to count: a client address, a user's id, or a key of the application's own, as the policy's `key` says. */
  readonly key: RateLimitSubject
  /** @default the policy's cost */
  readonly cost?: number | undefined
}

/** What to reserve. */
export interface RateLimitReserve {
  /** The policy's name. */
  readonly policy: string
  /** Units to count until the real number is known. */
  readonly cost: number
  /**
   * The response of the request: it tells what is left, and closed before it has ended, it gives back what
   * was not spent.
   *
   * @default an abort is not noticed
   */
  readonly response?: ServerResponse | undefined
}

/** Counts what is not a request. */
export interface RateLimitConsumption {
  /**
   * Counts something that is not a request, in all the given policies or in none.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_KEY` for a key that names
   * nobody, or `ALFRED_RATE_LIMIT_INVALID_COST` for a cost that is no whole number from 0. One above the burst is
   * denied, with `retryAfterMs` of `Infinity`
   */
  consume(...takes: readonly [RateLimitTake, ...RateLimitTake[]]): Promise<RateLimitDecision>
  /**
   * Counts units whose real number is known only afterwards, such as the tokens of an AI model.
   *
   * @param who - a request, whose key the policy reads, or the key itself
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_KEY`,
   * `ALFRED_RATE_LIMIT_INVALID_COST`
   *
   * @example
   * ```ts
   * import type { RateLimiter } from '@alfred/rate-limit'
   * import type { IncomingMessage, ServerResponse } from 'node:http'
   *
   * export async function chat(
   *   limiter: RateLimiter,
   *   request: IncomingMessage,
   *   response: ServerResponse,
   *   ask: () => Promise<{ text: string; tokens: number }>,
   * ) {
   *   const reservation = await limiter.reserve(request, { policy: 'tokens', cost: 2000, response })
   *   if (!reservation.allowed) return reservation.deny(request, response)
   *   try {
   *     const answer = await ask()
   *     await reservation.settle(answer.tokens)
   *     response.end(answer.text)
   *   } finally {
   *     await reservation.refund()
   *   }
   * }
   * ```
   */
  reserve(who: IncomingMessage | RateLimitSubject, what: RateLimitReserve): Promise<Reservation>
}

/** What {@link createConsumption} needs. */
export interface ConsumptionOptions {
  /** Finds a policy, or throws. */
  readonly policyOf: (name: string) => ActivePolicy
  readonly setOf: (mask: number) => PolicySet
  readonly admission: Admission
  readonly claimReader: Pick<ClaimReader, 'find'>
  readonly answer: LimitAnswer
}

/** Of a request that the policy has no key for. */
const uncounted: Decision = {
  allowed: true,
  reason: undefined,
  retryAfterMs: 0,
  violated: [],
  results: [],
  release: undefined,
  adjust: undefined,
  giveBack: undefined,
}

function checkCost({ name, algorithm }: ActivePolicy, cost: number): void {
  const max = algorithm === 'concurrency' ? 1 : Number.MAX_SAFE_INTEGER
  if (Number.isInteger(cost) && cost >= 0 && cost <= max) return
  const upTo = algorithm === 'concurrency' ? 'be 0 or 1' : 'be a whole number from 0'
  throw new AlfredError('ALFRED_RATE_LIMIT_INVALID_COST', `A cost for "${name}" must ${upTo}.`, {
    policy: name,
    min: 0,
    max,
  })
}

/** Also one of HTTP/2, which is no `IncomingMessage`. */
const isRequest = (who: unknown): who is IncomingMessage =>
  typeof who === 'object' && who !== null && 'headers' in who

/** Builds the part of a limiter that applications call themselves. */
export function createConsumption(options: ConsumptionOptions): RateLimitConsumption {
  const { policyOf, setOf, admission, claimReader, answer } = options

  const readTakes = async (takes: readonly RateLimitTake[]): Promise<readonly Claim[]> => {
    const costs = new Map<string, number>()
    const counted = takes.map((take) => {
      const policy = policyOf(take.policy)
      const { index, planReader } = policy
      const { subject, key } = readSubject(policy, take.key)
      const target = `${String(index)} ${subject}`
      const cost = (costs.get(target) ?? 0) + (take.cost ?? policy.cost)
      checkCost(policy, cost)
      costs.set(target, cost)
      return { subject, index, quota: planReader?.read(subject, { key, request: undefined }) }
    })
    const planned: Counted[] = []
    for (const each of counted) planned.push({ ...each, quota: await each.quota })
    return groupClaims(planned, setOf).map((claim) => ({
      ...claim,
      costs: claim.set.policies.map(({ index }) => costs.get(`${String(index)} ${claim.subject}`) ?? 0),
    }))
  }

  const admit = (claims: readonly Claim[]): Promise<Decision> =>
    new Promise((resolve) => {
      admission.admit(claims, resolve)
    })

  return {
    async consume(...takes) {
      const claims = await readTakes(takes)
      return toDecision(await admit(claims), claims, answer)
    },
    async reserve(who, { policy: name, cost, response }) {
      const policy = policyOf(name)
      checkCost(policy, cost)
      const request = isRequest(who) ? who : undefined
      const found = request ? claimReader.find(policy, request) : readSubject(policy, who)
      if (!found) return createReservation(toDecision(uncounted, [], answer), 0, undefined, response)
      const { key, subject } = found
      const quota = await policy.planReader?.read(subject, { key, request })
      const [claim] = groupClaims([{ subject, index: policy.index, quota }], setOf)
      const claims = claim ? [{ ...claim, costs: [cost] }] : []
      const decision = await admit(claims)
      if (decision.allowed && response) answer.addFields(response, decision, claims)
      // A shadow policy that had no room has counted nothing.
      const counted = decision.results[0]?.answer?.allowed === true ? cost : 0
      const adjust =
        decision.adjust && ((units: number) => decision.adjust?.([units], true) ?? Promise.resolve())
      return createReservation(toDecision(decision, claims, answer), counted, adjust, response)
    },
  }
}
