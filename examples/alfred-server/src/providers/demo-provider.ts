import { setTimeout as delay } from 'node:timers/promises'
import type { AnswerStream, ChatProvider, Finish, Turn } from './chat-provider.ts'
import { demoAnswer } from './demo-answer.ts'

const tokenDelayMs = 5

/** Pieces of at most six characters, about as tokens are: a word comes in parts, its spaces before it. */
const piecesOf = (text: string): string[] => Array.from(text.matchAll(/\s*\S{1,6}/gu), ([piece]) => piece)

/** Pieces stand in for tokens. */
function say(turns: readonly Turn[], signal: AbortSignal): AnswerStream {
  const pieces = piecesOf(demoAnswer(turns))
  const inputTokens = turns.reduce((sum, { content }) => sum + piecesOf(content).length, 0)
  const usage = { inputTokens, outputTokens: pieces.length }
  let finish: Finish = 'cut'

  async function* spelled(): AsyncGenerator<string> {
    for (const piece of pieces) {
      await delay(tokenDelayMs, undefined, { signal })
      yield piece
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
