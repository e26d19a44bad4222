import { AlfredError, type Clock, createDeadline } from '@alfred/core'
import type { PostgresPool, PostgresResult } from './postgres-pool.ts'

/** PostgreSQL as a store uses it. Every failure is an `AlfredError` `ALFRED_STORE_UNAVAILABLE`. */
export interface PostgresAccess {
  /** Runs a statement, within `timeoutMs`. */
  ask(text: string, values?: unknown[]): Promise<PostgresResult['rows']>
  /** Makes the tables, unless they are there. */
  ready(): Promise<void>
}

/** What {@link createPostgresAccess} needs. */
export interface PostgresAccessOptions {
  readonly pool: PostgresPool
  readonly timeoutMs: number
  readonly clock: Clock
  /** What it is used for, as in `the key vault`. */
  readonly purpose: string
  /** The statements that make the tables, and the table that they make last; nothing is made without. */
  readonly tables?: { readonly schema: string; readonly last: string } | undefined
}

/** Builds the access. */
export function createPostgresAccess({
  pool,
  timeoutMs,
  clock,
  purpose,
  tables,
}: PostgresAccessOptions): PostgresAccess {
  const inTime = createDeadline(clock, timeoutMs, () => new Error(`no answer within ${String(timeoutMs)} ms`))

  const ask: PostgresAccess['ask'] = async (text, values = []) => {
    try {
      return (await inTime(() => pool.query(text, values))).rows
    } catch (cause) {
      throw new AlfredError(
        'ALFRED_STORE_UNAVAILABLE',
        `PostgreSQL for ${purpose} cannot be reached.`,
        { store: purpose },
        { cause },
      )
    }
  }

  const prepare = async (): Promise<void> => {
    if (!tables) return
    const rows = await ask('select to_regclass($1) as found', [tables.last])
    // Two processes that begin at once would get in each other's way, so one waits. 0x616c66 is "alf".
    if (rows[0]?.['found'] === null) {
      await ask(`begin; select pg_advisory_xact_lock(${String(0x616c66)}); ${tables.schema} commit`)
    }
  }

  let preparing: Promise<void> | undefined
  return {
    ask,
    ready: () =>
      (preparing ??= prepare().catch((error: unknown) => {
        preparing = undefined
        throw error
      })),
  }
}
