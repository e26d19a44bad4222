import { requestContext } from '@alfred/core'
import type { AlfredGuard, RateLimitPolicy, Reservation } from '@alfred/prod-security'
import type { Request, Response } from 'express'
import type { AnswerRequest } from '../answers/answers.ts'
import type { GenerationReport } from '../answers/generation.ts'
import { maxAnswerTokens, type TokenUsage } from '../providers/chat-provider.ts'

const policyName = 'ai-tokens'
const dayMs = 86_400_000

/** About as many characters are a token in English and in code; the provider's own count replaces the estimate. */
const charactersPerToken = 4

const estimatedTokens = (text: string): number => Math.ceil(text.length / charactersPerToken)

/** The limit on what each client may spend of the providers' tokens. */
export const tokenPolicy = (tokensPerDay: number): RateLimitPolicy => ({
  name: policyName,
  limit: tokensPerDay,
  windowMs: dayMs,
  key: 'user',
  // Counted by the chat's route, which knows what an answer costs.
  match: false,
})

/** What an answer cost: as the provider counted, or estimated where it was cut or stopped before that. */
export function spentTokens({ end, text, turns, provider }: GenerationReport): TokenUsage {
  if (end.usage) return end.usage
  // Nobody was asked, or nobody has read the conversation.
  if (provider === undefined) return { inputTokens: 0, outputTokens: 0 }
  const inputTokens = turns.reduce((sum, { content }) => sum + estimatedTokens(content), 0)
  return { inputTokens, outputTokens: estimatedTokens(text) }
}

/** Clients with an API key are told apart. People are not: their ids do not belong into a metric. */
export function tenantOf(request: Request): string {
  const { identity } = requestContext(request)
  return identity?.kind === 'api-key' ? identity.id : 'anonymous'
}

/** Adds what is left to the fields of the other policies (draft-ietf-httpapi-ratelimit-headers). */
function tellWhatIsLeft(response: Response, statuses: Reservation['statuses']): void {
  for (const { policy, limit, remaining, nextMs } of statuses) {
    const seconds = String(Math.ceil(nextMs / 1000))
    response.append('RateLimit-Policy', `"${policy}";q=${String(limit)};w=${String(dayMs / 1000)}`)
    response.append('RateLimit', `"${policy}";r=${String(Math.floor(remaining))};t=${seconds}`)
  }
}

/** Counts what is used. */
export type RecordUsage = (tenant: string, usage: TokenUsage) => void

/** A reservation for one answer. */
export interface AnswerReservation extends Pick<Reservation, 'allowed' | 'deny' | 'retryAfterMs'> {
  /** Asks, and settles with what the answer cost; gives everything back when the question could not be asked. */
  payFor<T>(ask: (settle: NonNullable<AnswerRequest['settle']>) => Promise<T>): Promise<T>
}

/** Bounds what clients spend of the providers' tokens. */
export interface TokenBudget {
  /** Counts what an answer to `message` may cost at most, until it is known what it did. */
  reserve(
    request: Request,
    response: Response | undefined,
    message: string,
    tenant: string,
  ): Promise<AnswerReservation>
}

/** Builds the budget of `tokensPerDay` for each client. */
export const createTokenBudget = (
  { rateLimit }: Pick<AlfredGuard, 'rateLimit'>,
  tokensPerDay: number,
  record: RecordUsage,
): TokenBudget => ({
  async reserve(request, response, message, tenant) {
    const most = Math.min(estimatedTokens(message) + maxAnswerTokens, tokensPerDay)
    // Without the response: a client that leaves gets nothing back, since the answer is made all the same.
    const reservation = await rateLimit.reserve(request, { policy: policyName, cost: most })
    if (reservation.allowed && response) tellWhatIsLeft(response, reservation.statuses)
    const settle = async (report: GenerationReport): Promise<void> => {
      const usage = spentTokens(report)
      record(tenant, usage)
      await reservation.settle(usage.inputTokens + usage.outputTokens)
    }
    return {
      allowed: reservation.allowed,
      retryAfterMs: reservation.retryAfterMs,
      deny: (...args) => reservation.deny(...args),
      async payFor(ask) {
        try {
          return await ask(settle)
        } catch (error) {
          await reservation.settle(0)
          throw error
        }
      },
    }
  },
})
