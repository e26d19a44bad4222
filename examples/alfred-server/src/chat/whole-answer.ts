import type { AnswerEnd, LiveAnswer } from '../answers/live-answer.ts'
import { AnswerFailedError } from './answer-failed-error.ts'
import type { AskedQuestion } from './chat.ts'

async function endOf(live: LiveAnswer, signal: AbortSignal): Promise<AnswerEnd | undefined> {
  for await (const step of live.read(live.text.length, signal)) if (step.type === 'end') return step.end
  return undefined
}

/**
 * The whole answer as JSON.
 *
 * @returns `undefined` when the client went away
 * @throws {@link AnswerFailedError}
 */
export async function wholeAnswer(question: AskedQuestion, signal: AbortSignal) {
  const { sessionId, messageId, live } = question
  const end = await endOf(live, signal)
  if (!end) return undefined
  const { state, finish, usage, problem } = end
  if (problem) throw new AnswerFailedError(problem, { sessionId, messageId, state }, end.retryAfterSeconds)
  const { provider, model } = live.answerer ?? {}
  return {
    sessionId,
    message: { id: messageId, role: 'assistant', content: live.text },
    provider,
    model,
    demo: provider === 'demo',
    state,
    finish,
    usage,
  }
}
