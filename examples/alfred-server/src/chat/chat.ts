import type { Answers, AnswerRequest } from '../answers/answers.ts'
import type { LiveAnswer } from '../answers/live-answer.ts'
import type { Owner } from '../owners/owners.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import type { BegunTurn, ChatStore } from './chat-store.ts'
import { SessionNotFoundError } from './not-found.ts'

/** A message to Alfred. */
export interface Question {
  readonly owner: Owner
  readonly message: string
  /** The conversation it belongs to; without one a new conversation begins. */
  readonly sessionId?: string | undefined
  /** Ask only this provider. */
  readonly provider?: ProviderName | undefined
}

/** A question that was stored, whose answer is being made. */
export interface AskedQuestion extends BegunTurn {
  readonly live: LiveAnswer
}

/** Conversations with the providers. */
export interface Chat {
  /**
   * Stores the question and has it answered, whether or not anybody waits for that.
   *
   * @param settle - told how it ended
   * @throws {@link SessionNotFoundError}
   */
  ask(question: Question, settle?: AnswerRequest['settle']): Promise<AskedQuestion>
}

/** Joins the answers and the store. */
export const createChat = (
  answers: Pick<Answers, 'start'>,
  store: Pick<ChatStore, 'begin' | 'history'>,
): Chat => ({
  async ask({ owner, message, sessionId, provider: only }, settle) {
    const turn = await store.begin({ owner, sessionId, message })
    if (!turn) throw new SessionNotFoundError('there is no such conversation')
    const turns = await store.history(turn)
    return { ...turn, live: answers.start({ owner, turn, turns, only, settle }) }
  },
})
