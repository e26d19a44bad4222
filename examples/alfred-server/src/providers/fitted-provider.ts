import { type ChatProvider, maxAnswerTokens, systemPrompt, type Turn } from './chat-provider.ts'

/** More than a role and the marks around a message take. */
const tokensPerTurn = 8

/** An estimate on the safe side: English and code have about four bytes a token, other scripts about three. */
const bytesPerToken = 3

/** About how many tokens a text is, rather too many than too few. */
export const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken)

/**
 * The turns as every provider takes them: none is blank, roles alternate, and the user begins. A blank answer, such as
 * one that was stopped before it had words, would make a conversation unanswerable at Anthropic.
 */
export function alternateTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = []
  for (const turn of turns) {
    if (turn.content.trim() === '') continue
    const last = merged.at(-1)
    if (last?.role !== turn.role) merged.push(turn)
    else merged.splice(-1, 1, { role: turn.role, content: `${last.content}\n\n${turn.content}` })
  }
  return merged[0]?.role === 'assistant' ? merged.slice(1) : merged
}

/** As many of the last turns as fit into `tokens`; the last one always does. */
export function fitTurns(turns: readonly Turn[], tokens: number): readonly Turn[] {
  const alternating = alternateTurns(turns)
  let left = tokens - maxAnswerTokens - estimateTokens(systemPrompt)
  let first = alternating.length
  for (const { content } of alternating.toReversed()) {
    left -= estimateTokens(content) + tokensPerTurn
    if (left < 0) break
    first -= 1
  }
  return alternateTurns(alternating.slice(Math.min(first, alternating.length - 1)))
}

/** The same provider, shown as much of a conversation as its model's window holds, in the form that it takes. */
export const fitProvider = (provider: ChatProvider, contextTokens: number): ChatProvider => ({
  name: provider.name,
  answer: (turns, signal) => provider.answer(fitTurns(turns, contextTokens), signal),
  probe: (signal) => provider.probe(signal),
})
