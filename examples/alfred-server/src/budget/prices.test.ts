import { expect, it } from 'vitest'
import type { ProviderName } from '../providers/chat-provider.ts'
import { costMicros } from './prices.ts'

const million = { inputTokens: 1_000_000, outputTokens: 1_000_000 }

it.each<[ProviderName, string, number]>([
  ['openai', 'gpt-5-mini', 2.25],
  ['openai', 'gpt-5-mini-2025-08-07', 2.25],
  ['openai', 'gpt-5', 11.25],
  ['anthropic', 'claude-haiku-4-5', 6],
  ['anthropic', 'a-model-of-tomorrow', 90],
  ['ollama', 'llama3.2', 0],
  ['demo', 'demo', 0],
])('a million tokens each way of %s %s cost %d dollars', (provider, model, dollars) => {
  expect(costMicros({ provider, model }, million, '2026-11-30')).toBe(dollars * 1_000_000)
})

it('counts a price from its first day on, and rounds up', () => {
  const mini = { provider: 'openai', model: 'gpt-5-mini' } as const
  expect(costMicros(mini, million, '2025-08-06')).toBe(90_000_000)
  expect(costMicros(mini, { inputTokens: 1, outputTokens: 0 }, '2026-01-01')).toBe(1)
})
