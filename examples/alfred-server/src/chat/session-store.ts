import type { Database } from '../database/database.ts'
import type { Owner } from '../owners/owners.ts'

/** A conversation as it is listed. */
export interface SessionSummary {
  readonly id: string
  readonly title: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which conversations are listed. */
export interface SessionQuery {
  readonly limit: number
  /** Words that the title or a message has. */
  readonly search?: string | undefined
  /** Where the page before ended, as {@link SessionPage.next} said. */
  readonly after?: string | undefined
}

/** A page of conversations, the ones used last first. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[]
  /** `undefined` on the last page. */
  readonly next: string | undefined
}

/** Lists, names and removes conversations of one owner. */
export interface SessionStore {
  list(owner: Owner, query: SessionQuery): Promise<SessionPage>
  find(owner: Owner, id: string): Promise<SessionSummary | undefined>
  /** @returns whether there is such a conversation */
  rename(owner: Owner, id: string, title: string): Promise<boolean>
  /** @returns whether there was such a conversation */
  remove(owner: Owner, id: string): Promise<boolean>
  /** Removes conversations that nobody has used for `days`. @returns how many */
  removeOlderThan(days: number): Promise<number>
}

interface Row extends SessionSummary {
  /** With all digits, which a `Date` has not. */
  readonly position: string
}

const columns = 'id, title, created_at AS "createdAt", updated_at AS "updatedAt"'

/** The text as a pattern that matches itself. */
const literalPattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

const encode = ({ position, id }: Row): string => Buffer.from(`${position} ${id}`).toString('base64url')

/** The place that a page token names; one that was made up names none. */
function decode(token: string): readonly [position: string, id: string] | undefined {
  const [, position, id] =
    /^(\d{1,20}) ([0-9a-f-]{36})$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? []
  return position !== undefined && id !== undefined ? [position, id] : undefined
}

/** Keeps the conversations' names and owners in the database. */
export function createSessionStore({ query }: Pick<Database, 'query'>): SessionStore {
  return {
    async list(owner, { limit, search, after }) {
      const cursor = after === undefined ? undefined : decode(after)
      const rows = await query<Row>(
        `SELECT ${columns}, (extract(epoch FROM updated_at) * 1000000)::bigint::text AS position
           FROM sessions
          WHERE owner = $1
            AND ($2::bigint IS NULL
                 OR ((extract(epoch FROM updated_at) * 1000000)::bigint, id) < ($2::bigint, $3::uuid))
            AND ($4::text IS NULL OR title ILIKE $4 OR EXISTS (
                  SELECT 1 FROM messages WHERE session_id = sessions.id AND content ILIKE $4))
          ORDER BY updated_at DESC, id DESC LIMIT $5`,
        [
          owner,
          cursor?.[0],
          cursor?.[1],
          search === undefined ? undefined : literalPattern(search),
          limit + 1,
        ],
      )
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const sessions = page.map(({ position: _, ...session }) => session)
      return { sessions, next: rows.length > limit && last ? encode(last) : undefined }
    },
    async find(owner, id) {
      const [session] = await query<SessionSummary>(
        `SELECT ${columns} FROM sessions WHERE owner = $1 AND id = $2`,
        [owner, id],
      )
      return session
    },
    async rename(owner, id, title) {
      const rows = await query('UPDATE sessions SET title = $3 WHERE owner = $1 AND id = $2 RETURNING id', [
        owner,
        id,
        title,
      ])
      return rows.length > 0
    },
    async remove(owner, id) {
      const rows = await query('DELETE FROM sessions WHERE owner = $1 AND id = $2 RETURNING id', [owner, id])
      return rows.length > 0
    },
    async removeOlderThan(days) {
      const rows = await query(
        'DELETE FROM sessions WHERE updated_at < now() - make_interval(days => $1) RETURNING id',
        [days],
      )
      return rows.length
    },
  }
}
