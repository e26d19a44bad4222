import type { Problem } from '@alfred/core'
import type { AnswerEnd } from '../answers/live-answer.ts'
import type { Database, Query } from '../database/database.ts'
import type { Finish, ProviderName, Turn } from '../providers/chat-provider.ts'
import type { Owner } from '../owners/owners.ts'
import { isOver, type TurnState } from './turn-state.ts'

/** A stored message, as the API shows it. */
export interface StoredMessage {
  readonly id: string
  readonly role: Turn['role']
  readonly content: string
  /** Who answered; `null` for the user's own messages. */
  readonly provider: ProviderName | null
  readonly model: string | null
  /** False for an answer that is not whole, or not yet. */
  readonly complete: boolean
  readonly state: TurnState
  readonly finish: Finish | null
  readonly createdAt: Date
}

/** An answer as far as it is stored. */
export interface StoredAnswer {
  readonly sessionId: string
  readonly owner: Owner
  readonly text: string
  readonly provider: ProviderName | null
  readonly model: string | null
  readonly state: TurnState
  /** Set once nothing more comes. */
  readonly end: AnswerEnd | undefined
}

/** A question that was stored, and the place of its answer. */
export interface BegunTurn {
  readonly sessionId: string
  readonly questionId: string
  readonly messageId: string
}

/** What there is of an answer so far. */
export interface AnswerProgress {
  readonly text: string
  readonly provider: ProviderName | undefined
  readonly model: string | undefined
}

/** An answer that nobody has saved for a while. */
export interface QuietAnswer {
  readonly id: string
  readonly savedAt: string
}

/** How many messages of a conversation the API lists. */
const listLimit = 40

/** How many messages of a conversation are looked at for what a provider is shown; the model's window decides. */
const historyLimit = 400

/** Keeps the conversations. */
export interface ChatStore {
  /**
   * Stores a question and the place of its answer, with a new session where none is named: all or nothing.
   *
   * @returns `undefined` when the owner has no such conversation
   */
  begin(question: {
    readonly owner: Owner
    readonly sessionId: string | undefined
    readonly message: string
    /** Called with what a provider would be shown, before anything is final: what it throws undoes everything. */
    readonly admit?: ((query: Query, turn: BegunTurn, turns: readonly Turn[]) => Promise<void>) | undefined
  }): Promise<(BegunTurn & { readonly turns: readonly Turn[] }) | undefined>
  /** The last messages of a conversation, oldest first. @param limit - how many at most; 40 by default */
  messages(sessionId: string, limit?: number): Promise<readonly StoredMessage[]>
  answer(messageId: string): Promise<StoredAnswer | undefined>
  /** Stores what there is of an answer. @returns whether somebody wants it stopped */
  save(messageId: string, progress: AnswerProgress): Promise<boolean>
  /** Stores the whole of an answer. */
  finish(messageId: string, progress: AnswerProgress, end: AnswerEnd): Promise<void>
  /** Asks whoever makes the answer to stop. */
  requestStop(messageId: string): Promise<void>
  /** Answers that are not over and that nobody has saved for `seconds`. */
  quietAnswers(seconds: number): Promise<readonly QuietAnswer[]>
  /** Ends an answer whose maker is gone, unless it was saved since. */
  abandon(answer: QuietAnswer): Promise<void>
}

interface AnswerRow {
  readonly sessionId: string
  readonly owner: Owner
  readonly content: string
  readonly provider: ProviderName | null
  readonly model: string | null
  readonly state: TurnState
  readonly finish: Finish | null
  readonly problem: Problem | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
}

function toAnswer(row: AnswerRow): StoredAnswer {
  const { sessionId, owner, content: text, provider, model, state, finish, problem } = row
  const { inputTokens, outputTokens } = row
  const usage = inputTokens === null || outputTokens === null ? undefined : { inputTokens, outputTokens }
  const end = isOver(state)
    ? { state, finish: finish ?? 'cut', usage, problem: problem ?? undefined }
    : undefined
  return { sessionId, owner, text, provider, model, state, end }
}

const insertTurn = `
  INSERT INTO messages (id, session_id, role, content, state, complete)
  SELECT turn.id, session.id, turn.role, turn.content, turn.state, turn.state = 'complete'
    FROM session, (VALUES (1, $2::uuid, 'user', $3::text, 'complete'), (2, $4::uuid, 'assistant', '', 'pending'))
      AS turn (place, id, role, content, state)
   ORDER BY turn.place
  RETURNING id`

const newSession = 'INSERT INTO sessions (id, owner, title) VALUES ($1, $5, $6) RETURNING id'
const knownSession = `
  UPDATE sessions SET updated_at = now(), title = CASE WHEN title = '' THEN $6 ELSE title END
   WHERE id = $1 AND owner = $5 RETURNING id`

/** What a conversation is called until somebody names it: its first words. */
const titleOf = (message: string): string => {
  const words = message.replace(/\s+/g, ' ').trim()
  return words.length <= 80 ? words : `${words.slice(0, 79).trimEnd()}…`
}

/** What was said before a question, and the question itself, oldest first. */
async function historyOf(query: Query, { sessionId, questionId }: BegunTurn): Promise<readonly Turn[]> {
  const rows = await query<Turn>(
    `SELECT role, content FROM messages
      WHERE session_id = $1 AND sequence <= (SELECT sequence FROM messages WHERE id = $2)
      ORDER BY sequence DESC LIMIT ${String(historyLimit)}`,
    [sessionId, questionId],
  )
  return rows.reverse()
}

/** Keeps the conversations in the database. */
export function createChatStore({ query, transaction }: Pick<Database, 'query' | 'transaction'>): ChatStore {
  return {
    begin: ({ owner, sessionId, message, admit }) =>
      transaction(async (run) => {
        const turn = {
          sessionId: sessionId ?? crypto.randomUUID(),
          questionId: crypto.randomUUID(),
          messageId: crypto.randomUUID(),
        }
        const session = sessionId === undefined ? newSession : knownSession
        const rows = await run(`WITH session AS (${session}) ${insertTurn}`, [
          turn.sessionId,
          turn.questionId,
          message,
          turn.messageId,
          owner,
          titleOf(message),
        ])
        if (rows.length === 0) return undefined
        const turns = await historyOf(run, turn)
        await admit?.(run, turn, turns)
        return { ...turn, turns }
      }),

    async messages(sessionId, limit = listLimit) {
      const rows = await query<StoredMessage>(
        `SELECT id, role, content, provider, model, state = 'complete' AS complete, state, finish,
                created_at AS "createdAt"
           FROM messages WHERE session_id = $1 ORDER BY sequence DESC LIMIT $2`,
        [sessionId, limit],
      )
      return rows.reverse()
    },

    async answer(messageId) {
      const [row] = await query<AnswerRow>(
        `SELECT session_id AS "sessionId", owner, content, provider, model, state, finish, problem,
                input_tokens AS "inputTokens", output_tokens AS "outputTokens"
           FROM messages JOIN sessions ON sessions.id = session_id
          WHERE messages.id = $1 AND role = 'assistant'`,
        [messageId],
      )
      return row && toAnswer(row)
    },

    async save(messageId, { text, provider, model }) {
      const [row] = await query<{ stopRequested: boolean }>(
        `UPDATE messages SET content = $2, provider = $3, model = $4, saved_at = now(),
                state = CASE WHEN $2 = '' THEN state ELSE 'streaming' END, complete = false
          WHERE id = $1 RETURNING stop_requested AS "stopRequested"`,
        [messageId, text, provider, model],
      )
      // Nobody needs the answer in a conversation that was deleted.
      return row?.stopRequested ?? true
    },

    async finish(messageId, { text, provider, model }, { state, finish, usage, problem }) {
      await query(
        `UPDATE messages SET content = $2, provider = $3, model = $4, state = $5, finish = $6, problem = $7,
                input_tokens = $8, output_tokens = $9, complete = $5 = 'complete', saved_at = now()
          WHERE id = $1`,
        [
          messageId,
          text,
          provider,
          model,
          state,
          finish,
          problem && JSON.stringify(problem),
          usage?.inputTokens,
          usage?.outputTokens,
        ],
      )
    },

    async requestStop(messageId) {
      await query('UPDATE messages SET stop_requested = true WHERE id = $1', [messageId])
    },

    quietAnswers: (seconds) =>
      query<QuietAnswer>(
        `SELECT id, saved_at::text AS "savedAt" FROM messages
          WHERE state IN ('pending', 'streaming') AND saved_at < now() - make_interval(secs => $1)
          ORDER BY saved_at LIMIT 1000`,
        [seconds],
      ),

    async abandon({ id, savedAt }) {
      await query(
        `UPDATE messages SET state = CASE WHEN content = '' THEN 'failed' ELSE 'cut' END, finish = 'cut'
          WHERE id = $1 AND saved_at = $2::timestamptz AND state IN ('pending', 'streaming')`,
        [id, savedAt],
      )
    },
  }
}
