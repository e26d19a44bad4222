import type { Database } from '../database/database.ts'
import type { ProviderName, Turn } from '../providers/chat-provider.ts'

/** A stored message, as the API shows it. */
export interface StoredMessage {
  readonly id: string
  readonly role: Turn['role']
  readonly content: string
  /** Who answered; `null` for the user's own messages. */
  readonly provider: string | null
  readonly model: string | null
  /** False for an answer that was cut short. */
  readonly complete: boolean
  readonly createdAt: Date
}

/** An answer to be stored with its question. */
export interface Exchange {
  readonly sessionId: string
  readonly question: string
  readonly answerId: string
  readonly answer: string
  readonly provider: ProviderName
  readonly model: string
  readonly complete: boolean
}

/** How many messages of a conversation the providers are shown, and the API lists. */
const historyLimit = 40

/** Keeps the conversations. */
export interface ChatStore {
  /** Begins a conversation under `id`. */
  createSession(id: string): Promise<void>
  /** The last messages of a conversation, oldest first; `undefined` when there is no such conversation. */
  messages(sessionId: string): Promise<readonly StoredMessage[] | undefined>
  /** Adds a question and its answer, both or neither. */
  append(exchange: Exchange): Promise<void>
}

/** Keeps the conversations in the database. */
export function createChatStore(database: Database): ChatStore {
  return {
    async createSession(id) {
      await database.query('INSERT INTO sessions (id) VALUES ($1)', [id])
    },

    async messages(sessionId) {
      const rows = await database.query<StoredMessage>(
        `SELECT id, role, content, provider, model, complete, created_at AS "createdAt"
           FROM messages WHERE session_id = $1 ORDER BY sequence DESC LIMIT ${String(historyLimit)}`,
        [sessionId],
      )
      if (rows.length > 0) return rows.reverse()
      const known = await database.query('SELECT 1 FROM sessions WHERE id = $1', [sessionId])
      return known.length > 0 ? [] : undefined
    },

    async append({ sessionId, question, answerId, answer, provider, model, complete }) {
      await database.query(
        `INSERT INTO messages (id, session_id, role, content, provider, model, complete)
         VALUES ($1, $2, 'user', $3, NULL, NULL, true), ($4, $2, 'assistant', $5, $6, $7, $8)`,
        [crypto.randomUUID(), sessionId, question, answerId, answer, provider, model, complete],
      )
    },
  }
}
