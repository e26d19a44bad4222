import { type Clock, clockRule, option, readOptions, systemClock } from '@alfred/core'
import type { PostgresPool } from './postgres-pool.ts'

/** Options of every store in PostgreSQL. */
export interface PostgresConnectionOptions {
  /**
   * A `Pool` of the package `pg`. It stays the caller's: closing the store does not end it. Give it a
   * `connectionTimeoutMillis`.
   */
  readonly pool: PostgresPool
  /**
   * Names the store among others in this database.
   * @default 'default'
   */
  readonly name?: string | undefined
  /**
   * Begins the names of the tables; a schema may stand before it.
   * @default 'alfred_vault', and 'alfred_client' for client keys
   */
  readonly tablePrefix?: string | undefined
  /**
   * Make the tables when they are missing. `false` when their schema is a migration of yours.
   * @default true
   */
  readonly createTables?: boolean | undefined
  /**
   * Longest wait for an answer, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** The options with everything decided. */
export interface PostgresConnection {
  readonly pool: PostgresPool
  readonly name: string
  readonly tablePrefix: string
  readonly createTables: boolean
  readonly timeoutMs: number
  readonly clock: Clock
}

const shape = option.objectOf<PostgresConnectionOptions>(
  {
    pool: option.withMethods<PostgresPool>('query', 'connect'),
    name: option.string({
      pattern: /^[\w.-]{1,64}$/,
      hint: 'letters, digits, dots, underscores and hyphens',
    }),
    tablePrefix: option.string({
      pattern: /^([a-z_][a-z0-9_]{0,40}\.)?[a-z_][a-z0-9_]{0,40}$/,
      hint: 'a lower-case identifier, with its schema or without',
    }),
    createTables: option.boolean(),
    timeoutMs: option.integer({ min: 1, max: 60_000 }),
    clock: clockRule,
  },
  { required: ['pool'] },
)

/** Checks the options and fills in the defaults. @throws `AlfredConfigError` */
export function resolvePostgresConnection(
  path: string,
  options: PostgresConnectionOptions,
  defaultPrefix: string,
): PostgresConnection {
  const checked = readOptions(path, options, shape)
  return {
    pool: checked.pool,
    name: checked.name ?? 'default',
    tablePrefix: checked.tablePrefix ?? defaultPrefix,
    createTables: checked.createTables ?? true,
    timeoutMs: checked.timeoutMs ?? 5000,
    clock: checked.clock ?? systemClock,
  }
}
