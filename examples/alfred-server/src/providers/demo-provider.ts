import { setTimeout as delay } from 'node:timers/promises'
import type { AnswerStream, ChatProvider, Finish, Turn } from './chat-provider.ts'

const tokenDelayMs = 12

/** The provider that stands in while no real one is configured: it says so, and echoes. */
function demoAnswer(turns: readonly Turn[]): string {
  const question = turns.at(-1)?.content ?? ''
  const characters = Array.from(question).length
  const messages = turns.filter((turn) => turn.role === 'user').length
  return [
    'This is a demo answer: no AI provider is configured, so nobody thought about it.',
    `You sent ${String(characters)} character${characters === 1 ? '' : 's'}, message ${String(messages)} of this conversation.`,
    'Set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST and start Alfred again to get real answers.',
  ].join('\n\n')
}

const wordsOf = (text: string): string[] => Array.from(text.matchAll(/\s*\S+/g), ([word]) => word)

/** Words stand in for tokens. */
function say(turns: readonly Turn[], signal: AbortSignal): AnswerStream {
  const words = wordsOf(demoAnswer(turns))
  const inputTokens = turns.reduce((sum, { content }) => sum + wordsOf(content).length, 0)
  const usage = { inputTokens, outputTokens: words.length }
  let finish: Finish = 'cut'

  async function* spelled(): AsyncGenerator<string> {
    for (const word of words) {
      await delay(tokenDelayMs, undefined, { signal })
      yield word
    }
    finish = 'stop'
  }
  return { model: 'demo', tokens: spelled(), finish: () => finish, usage: () => usage }
}

/** Answers without any AI, and says so in every answer. */
export function createDemoProvider(): ChatProvider {
  return {
    name: 'demo',
    answer: (turns, signal) => Promise.resolve(say(turns, signal)),
    probe: () => Promise.resolve(),
  }
}
