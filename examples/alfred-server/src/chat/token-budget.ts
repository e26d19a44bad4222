import { requestContext } from '@alfred/core'
import type { Request, Response } from 'express'
import type { GenerationReport } from '../answers/generation.ts'
import { budgetPolicy } from '../budget/budget-policy.ts'
import type { BudgetLeft } from '../budget/budget.ts'
import type { TokenUsage } from '../providers/chat-provider.ts'

const daySeconds = 86_400

/** About as many characters are a token in English and in code. */
const charactersPerToken = 4

const estimatedTokens = (text: string): number => Math.ceil(text.length / charactersPerToken)

/** What an answer cost: as the provider counted, or estimated where it was cut or stopped before that. */
export function spentTokens({ end, text, turns, provider }: GenerationReport): TokenUsage {
  if (end.usage) return end.usage
  // Nobody has read the conversation.
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
export function tellWhatIsLeft(response: Response, { limit, remaining, resetSeconds }: BudgetLeft): void {
  response.append('RateLimit-Policy', `"${budgetPolicy}";q=${String(limit)};w=${String(daySeconds)}`)
  response.append('RateLimit', `"${budgetPolicy}";r=${String(remaining)};t=${String(resetSeconds)}`)
}
