import type { AlfredGuard, RateLimitPolicy, Reservation } from '@alfred/prod-security'
import type { Request, Response } from 'express'
import { maxAnswerTokens } from '../providers/chat-provider.ts'
import type { ChatAnswer } from './chat.ts'

const policyName = 'ai-tokens'
const dayMs = 86_400_000

/** About as many characters are a token in English and in code; the provider's own count replaces the estimate. */
const charactersPerToken = 4

const estimatedTokens = (text: string): number => text.length / charactersPerToken

/** The limit on what each client may spend of the providers' tokens. */
export const tokenPolicy = (tokensPerDay: number): RateLimitPolicy => ({
  name: policyName,
  limit: tokensPerDay,
  windowMs: dayMs,
  key: 'user',
  // Counted by the chat's route, which knows what an answer costs.
  match: false,
})

/** Bounds what clients spend of the providers' tokens. */
export interface TokenBudget {
  /** Counts what an answer to `message` may cost at most, until it is known what it did. */
  reserve(request: Request, response: Response, message: string): Promise<Reservation>
}

/** Builds the budget of `tokensPerDay` for each client. */
export const createTokenBudget = (
  { rateLimit }: Pick<AlfredGuard, 'rateLimit'>,
  tokensPerDay: number,
): TokenBudget => ({
  reserve(request, response, message) {
    const most = Math.ceil(estimatedTokens(message)) + maxAnswerTokens
    return rateLimit.reserve(request, { policy: policyName, cost: Math.min(most, tokensPerDay), response })
  },
})

/**
 * The same answer, paid from `reservation`: what has passed is spent, whoever leaves, and in the end it is what the
 * provider counted.
 */
export function metered(answer: ChatAnswer, reservation: Reservation): ChatAnswer {
  async function* tokens(): AsyncGenerator<string> {
    // The provider has read the whole conversation by its first token.
    for (const { content } of answer.turns) reservation.spend(estimatedTokens(content))
    for await (const text of answer.tokens) {
      reservation.spend(estimatedTokens(text))
      yield text
    }
    const usage = answer.usage()
    if (usage) await reservation.settle(usage.inputTokens + usage.outputTokens)
  }
  return { ...answer, tokens: tokens() }
}
