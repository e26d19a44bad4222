import type { Problem } from '@alfred/core'
import type { EndState } from './turn-state.ts'

/** Thrown where an answer did not become whole, and the status can still say so. */
export class AnswerFailedError extends Error {
  override readonly name = 'AnswerFailedError'
  readonly problem: Problem
  readonly retryAfterSeconds: number | undefined

  constructor(
    problem: Problem,
    ids: { readonly sessionId: string; readonly messageId: string; readonly state: EndState },
    retryAfterSeconds: number | undefined,
  ) {
    super(`the answer is ${ids.state}: ${problem.title}`)
    // The question is kept, and so is what there is of an answer.
    this.problem = { ...problem, extensions: { ...ids } }
    this.retryAfterSeconds = retryAfterSeconds
  }
}
