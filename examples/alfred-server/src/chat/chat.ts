import type { AnswerRequest, Answers } from '../answers/answers.ts'
import type { LiveAnswer } from '../answers/live-answer.ts'
import type { Budget, BudgetLeft } from '../budget/budget.ts'
import type { Owner } from '../owners/owners.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import type { BegunTurn, ChatStore } from './chat-store.ts'
import type { ActiveSessions } from './active-sessions.ts'
import { SessionNotFoundError } from './not-found.ts'

/** A message to Alfred. */
export interface Question {
  readonly owner: Owner
  /** Whose budget it is taken from. */
  readonly payer: string
  readonly message: string
  /** The conversation it belongs to; without one a new conversation begins. */
  readonly sessionId?: string | undefined
  /** Ask only this provider. */
  readonly provider?: ProviderName | undefined
}

/** A question that was stored, whose answer is being made. */
export interface AskedQuestion extends BegunTurn {
  readonly live: LiveAnswer
  readonly left: BudgetLeft | undefined
}

/** Conversations with the providers. */
export interface Chat {
  /**
   * Stores the question, reserves what its answer may cost, and has it answered, whether or not anybody waits for that.
   *
   * @param settle - told how it ended
   * @throws {@link SessionNotFoundError}, `BudgetExceededError`; then nothing is stored
   */
  ask(question: Question, settle?: AnswerRequest['settle']): Promise<AskedQuestion>
}

/** Joins the answers, the budget, the store and the count of sessions. */
export const createChat = (
  answers: Pick<Answers, 'start'>,
  budget: Pick<Budget, 'reserve'>,
  store: Pick<ChatStore, 'begin'>,
  sessions: Pick<ActiveSessions, 'touch'>,
): Chat => ({
  async ask({ owner, payer, message, sessionId, provider: only }, settle) {
    let left: BudgetLeft | undefined
    const begun = await store.begin({
      owner,
      sessionId,
      message,
      async admit(query, { messageId }, turns) {
        left = await budget.reserve(query, { owner, payer }, messageId, turns)
      },
    })
    if (!begun) throw new SessionNotFoundError('there is no such conversation')
    const { turns, ...turn } = begun
    sessions.touch(turn.sessionId)
    return { ...turn, left, live: answers.start({ owner, turn, turns, only, settle }) }
  },
})
