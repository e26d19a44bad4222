import type { ProviderName, TokenUsage } from '../providers/chat-provider.ts'

/** What a model costs from a day on, in dollars a million tokens, which is millionths of a dollar a token. */
interface Price {
  /** What the model's name begins with. */
  readonly model: string
  readonly from: string
  readonly input: number
  readonly output: number
}

/**
 * Public list prices. A new price is a new row; the last row that has begun counts.
 *
 * @see https://openai.com/api/pricing, https://www.anthropic.com/pricing
 */
const prices: readonly Price[] = [
  { model: 'gpt-5-nano', from: '2025-08-07', input: 0.05, output: 0.4 },
  { model: 'gpt-5-mini', from: '2025-08-07', input: 0.25, output: 2 },
  { model: 'gpt-5', from: '2025-08-07', input: 1.25, output: 10 },
  { model: 'claude-haiku-4-5', from: '2025-10-15', input: 1, output: 5 },
  { model: 'claude-sonnet-4-5', from: '2025-09-29', input: 3, output: 15 },
  { model: 'claude-opus-4-5', from: '2025-11-24', input: 5, output: 25 },
]

/** For a model that is not listed: more than any that is. */
const unknown = { input: 15, output: 75 }

const free = { input: 0, output: 0 }

function priceOf(provider: ProviderName, model: string, day: string): Pick<Price, 'input' | 'output'> {
  if (provider === 'demo' || provider === 'ollama') return free
  const begun = prices.filter((price) => model.startsWith(price.model) && price.from <= day)
  // The longest name fits best, and of the same name the last row.
  return (
    begun.toSorted((a, b) => a.model.length - b.model.length || a.from.localeCompare(b.from)).at(-1) ??
    unknown
  )
}

/** What tokens of a model cost on a day, in millionths of a dollar, rounded up. */
export function costMicros(
  { provider, model }: { readonly provider: ProviderName; readonly model: string },
  { inputTokens, outputTokens }: TokenUsage,
  day: string,
): number {
  const { input, output } = priceOf(provider, model, day)
  return Math.ceil(inputTokens * input + outputTokens * output)
}
