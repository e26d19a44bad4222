import {
  asError,
  type Clock,
  type Lifecycle,
  lifecycle,
  type Logger,
  settleWithin,
  systemClock,
  type Timer,
} from '@alfred/core'
import { Pool, type QueryResultRow } from 'pg'
import type { DatabaseDriver } from './database-driver.ts'
import { migrateDatabase, migrationsIn } from './migrate.ts'
import { checkSchema } from './schema-version.ts'
import { storableValue } from './storable-text.ts'

/** Thrown when the database cannot be reached, or is not migrated. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
}

/** Runs one statement with its parameters and returns the rows. */
export type Query = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>

/** Alfred's database: connects, migrates and comes back by itself. */
export interface Database extends Lifecycle {
  readonly kind: DatabaseDriver['kind']
  readonly description: string
  /**
   * Begins to connect and migrate, and goes on trying until that succeeds.
   *
   * @returns the error of the first attempt, when it failed
   */
  start(): Promise<Error | undefined>
  /** The pool behind {@link Database.query}, for the health check. */
  readonly pool: Pool
  /** Whether the schema is in place; says nothing about whether the server answers now. */
  readonly migrated: boolean
  /**
   * While {@link Database.start} tries for the first time, statements wait, for as long as they wait for a connection.
   *
   * @throws {@link DatabaseUnavailableError}
   */
  readonly query: Query
  /**
   * Runs `work` in a transaction, which is rolled back when it throws. Inside it only the given function may be called.
   *
   * @throws {@link DatabaseUnavailableError}, or what `work` throws
   */
  readonly transaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>
  /** Calls `listener` after every statement. */
  onQuery(listener: QueryListener): void
}

/** Settings of {@link createDatabase}. */
export interface DatabaseOptions {
  readonly driver: DatabaseDriver
  /** Holds the folders `migrations` and `database`. */
  readonly folder: string
  /** Whether migrations are left to their own command; then their version is checked. @default false */
  readonly migratesByCommand?: boolean | undefined
  readonly logger: Logger
  /** Runs each statement, as inside a span. @default runs it */
  readonly traceQuery?: TraceQuery | undefined
  readonly clock?: Clock | undefined
}

/** Runs `work`, which is a statement on the table `collection`. */
export type TraceQuery = <T>(
  query: { readonly operation: Operation; readonly collection: string },
  work: () => Promise<T>,
) => Promise<T>

/** What a statement does, by its first word. */
export type Operation = 'select' | 'insert' | 'update' | 'delete' | 'other'

/** Told of every statement that was answered. */
export type QueryListener = (operation: Operation, durationMs: number) => void

const operations = ['select', 'insert', 'update', 'delete'] as const

function operationOf(statement: string): Operation {
  const text = statement.trimStart()
  // Of a statement with parts the one that writes counts.
  const words = text.startsWith('WITH') ? (/insert into|update |delete from/i.exec(text)?.[0] ?? text) : text
  const first = words.slice(0, 6).toLowerCase()
  return operations.find((operation) => operation === first) ?? 'other'
}

/** The first table a statement names. */
const collectionOf = (text: string): string => /\b(?:from|into|update)\s+(\w+)/i.exec(text)?.[1] ?? 'unknown'

const ignore = (): void => undefined

/** How long statements wait for the embedded database to be opened, in ms. */
const firstWaitMs = 60_000

const firstRetryMs = 500
const maxRetryMs = 5000

/**
 * Errors with a severity come from a server that answered; of those only shut-downs and full servers are
 * outages. PGlite's errors have the same fields as node-postgres', but another class.
 */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return true
  // PostgreSQL appendix A. 57P: operator intervention, 53: insufficient resources, 08: connection exception.
  return /^(57P|53|08)/.test(String(error.code))
}

/** Builds the database; {@link Database.start} connects it. */
export function createDatabase({
  driver,
  folder,
  migratesByCommand = false,
  logger,
  traceQuery = (_query, work) => work(),
  clock = systemClock,
}: DatabaseOptions): Database {
  const pool = new Pool(driver.pool)
  // An idle connection that breaks is replaced at the next query.
  pool.on('error', (err) => {
    logger.warn({ err }, 'an idle database connection broke')
  })
  let migrated = false
  let closed = false
  let onQuery: QueryListener | undefined
  let retry: Timer | undefined
  let firstAttempt: Promise<Error | undefined> | undefined
  let attempting: Promise<Error | undefined> | undefined
  const ready = Promise.withResolvers<undefined>()
  const firstTried = Promise.withResolvers<undefined>()

  const attempt = async (): Promise<void> => {
    await driver.open()
    if (migratesByCommand) {
      await checkSchema(pool, migrationsIn(folder))
    } else {
      const migrations = await migrateDatabase(driver, { folder, logger })
      if (migrations.length > 0) logger.info({ migrations }, 'the database was migrated')
    }
    migrated = true
    logger.info({ database: driver.kind }, 'the database is ready')
  }

  const connect = async (retryMs: number): Promise<Error | undefined> => {
    try {
      await attempt()
      ready.resolve(undefined)
      return undefined
    } catch (error) {
      const err = asError(error)
      if (!closed) {
        logger.warn({ err, retryMs }, 'the database cannot be used; retrying')
        retry = clock.setTimeout(() => {
          attempting = connect(Math.min(retryMs * 2, maxRetryMs))
        }, retryMs)
      }
      return err
    }
  }

  const untilMigrated = async (): Promise<void> => {
    const waitMs = driver.pool.connectionTimeoutMillis ?? firstWaitMs
    if (!migrated) await settleWithin(clock, firstTried.promise, waitMs)
    if (!migrated) throw new DatabaseUnavailableError('the database is not ready')
  }

  const queryOn =
    (connection: Pick<Pool, 'query'>): Query =>
    async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      await untilMigrated()
      const startedAt = clock.monotonicMs()
      const operation = operationOf(text)
      try {
        const { rows } = await traceQuery({ operation, collection: collectionOf(text) }, () =>
          connection.query<Row>(text, values.map(storableValue)),
        )
        onQuery?.(operation, clock.monotonicMs() - startedAt)
        return rows
      } catch (error) {
        throw isOutage(error)
          ? new DatabaseUnavailableError('the database did not answer', { cause: error })
          : error
      }
    }
  const query = queryOn(pool)

  const transaction: Database['transaction'] = async (work) => {
    await untilMigrated()
    const connection = await pool.connect().catch((cause: unknown) => {
      throw new DatabaseUnavailableError('the database did not answer', { cause })
    })
    // A connection that breaks between two statements is told of by the next one.
    connection.on('error', ignore)
    let isBroken = true
    try {
      const run = queryOn(connection)
      await run('BEGIN')
      try {
        const result = await work(run)
        await run('COMMIT')
        isBroken = false
        return result
      } catch (error) {
        isBroken = await run('ROLLBACK').then(
          () => false,
          () => true,
        )
        throw error
      }
    } finally {
      connection.off('error', ignore)
      connection.release(isBroken)
    }
  }

  return {
    ...lifecycle(
      async () => {
        closed = true
        firstTried.resolve(undefined)
        retry?.cancel()
        await attempting
        await pool.end()
        await driver.close()
      },
      () => ready.promise,
    ),
    kind: driver.kind,
    description: driver.description,
    pool,
    start() {
      firstAttempt ??= attempting = connect(firstRetryMs).finally(() => {
        firstTried.resolve(undefined)
      })
      return firstAttempt
    },
    get migrated() {
      return migrated
    },
    query,
    transaction,
    onQuery(listener) {
      onQuery = listener
    },
  }
}
