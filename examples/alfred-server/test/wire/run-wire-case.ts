import { createFailover } from '../../src/providers/failover.ts'
import {
  AnswerInterruptedError,
  type FailureReason,
  ProvidersUnavailableError,
  QuestionRefusedError,
  sortOf,
} from '../../src/providers/provider-failure.ts'
import { anthropicDialect } from './anthropic-dialect.ts'
import type { Dialect } from './dialect.ts'
import { ollamaDialect } from './ollama-dialect.ts'
import { openAiDialect } from './openai-dialect.ts'
import type { WireCase } from './wire-cases.ts'
import { startWireServer } from './wire-server.ts'

/** The dialects of all providers. */
export const dialects: readonly Dialect[] = [openAiDialect, anthropicDialect, ollamaDialect]

/** Longer than a busy machine is silent, so that a hang is one. */
const silenceMs = 1500

const turns = [{ role: 'user', content: 'hi' }] as const

function wordError(error: unknown, text: string, reported: readonly FailureReason[]): string {
  if (error instanceof AnswerInterruptedError) return `cut ${JSON.stringify(text)} ${reported.join(' ')}`
  if (error instanceof QuestionRefusedError) return `asker ${error.reason}`
  if (!(error instanceof ProvidersUnavailableError)) return String(error)
  const reason = error.failures[0]?.reason ?? 'network'
  const sort = sortOf(reason)
  const seconds = sort === 'busy' ? ` ${String(Math.round(error.retryAfterMs / 1000))}` : ''
  return `${sort} ${reason}${seconds}`
}

/** Plays a case and words what came of it, such as `answer "one" stop` or `ill timeout`. */
export async function outcomeOf(dialect: Dialect, { script }: WireCase): Promise<string> {
  await using server = await startWireServer(dialect, script(dialect))
  const reported: FailureReason[] = []
  const failover = createFailover({
    providers: [dialect.create(server.origin)],
    firstTokenMs: silenceMs,
    idleMs: silenceMs,
    onFailure: ({ reason }) => reported.push(reason),
  })
  let text = ''
  try {
    const answer = await failover.answer(turns, { signal: new AbortController().signal })
    for await (const piece of answer.tokens) text += piece
    return `answer ${JSON.stringify(text)} ${answer.finish()}`
  } catch (error) {
    return wordError(error, text, reported)
  }
}
