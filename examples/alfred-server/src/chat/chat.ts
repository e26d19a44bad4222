import type { AnswerStream, ProviderName, Turn } from '../providers/chat-provider.ts'
import type { Failover } from '../providers/failover.ts'
import type { ChatStore } from './chat-store.ts'

/** A message to Alfred. */
export interface Question {
  readonly message: string
  /** The conversation it belongs to; without one a new conversation begins. */
  readonly sessionId?: string | undefined
  /** Ask only this provider. */
  readonly provider?: ProviderName | undefined
}

/** Alfred's answer, on its way. */
export interface ChatAnswer extends Pick<AnswerStream, 'usage'> {
  readonly sessionId: string
  readonly messageId: string
  readonly provider: ProviderName
  readonly model: string
  /** What the provider was shown. */
  readonly turns: readonly Turn[]
  /** The answer's pieces. The answer is stored when they end, as incomplete when they end early. */
  readonly tokens: AsyncIterable<string>
}

/** Thrown for a conversation that does not exist. */
export class SessionNotFoundError extends Error {
  override readonly name = 'SessionNotFoundError'
}

/** Conversations with the providers. */
export interface Chat {
  /** Resolves when the answer begins. @throws {@link SessionNotFoundError} */
  ask(question: Question, signal: AbortSignal): Promise<ChatAnswer>
}

/** Joins the providers and the store. */
export function createChat(failover: Failover, store: ChatStore): Chat {
  const open = async (sessionId: string | undefined): Promise<{ id: string; turns: readonly Turn[] }> => {
    if (sessionId === undefined) {
      // Only the server makes up ids: whoever knows one may read the conversation.
      const id = crypto.randomUUID()
      await store.createSession(id)
      return { id, turns: [] }
    }
    const messages = await store.messages(sessionId)
    if (!messages) throw new SessionNotFoundError('there is no such conversation')
    return { id: sessionId, turns: messages.map(({ role, content }) => ({ role, content })) }
  }

  return {
    async ask({ message, sessionId, provider: only }, signal) {
      const session = await open(sessionId)
      const turns: Turn[] = [...session.turns, { role: 'user', content: message }]
      const { provider, model, tokens, usage } = await failover.answer(turns, { signal, only })
      const messageId = crypto.randomUUID()

      async function* kept(): AsyncGenerator<string> {
        let answer = ''
        let complete = false
        try {
          for await (const token of tokens) {
            answer += token
            yield token
          }
          complete = true
        } finally {
          await store.append({
            sessionId: session.id,
            question: message,
            answerId: messageId,
            answer,
            provider,
            model,
            complete,
          })
        }
      }

      return { sessionId: session.id, messageId, provider, model, turns, usage, tokens: kept() }
    },
  }
}
