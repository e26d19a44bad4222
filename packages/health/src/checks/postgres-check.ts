import { option, type Options, readOptions, runDetached } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckSettings,
  type HealthCheck,
  type Measurement,
} from './check.ts'

/** A client that a pool lends; `pg`'s. */
export interface PostgresClient {
  query(text: string): Promise<unknown>
  /** @param destroy - `true` closes the connection instead of keeping it */
  release(destroy?: boolean): void
  /** Where there is one: `pg` emits what breaks a connection, beside failing its query. */
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

/** A connection pool; `pg`'s `Pool`. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options?: { readonly max?: number | undefined } | undefined
}

const rule = option.object({
  /** Unique within a registry. @default 'postgres' */
  name: checkNameRule.default('postgres'),
  ...settingRules(),
  /** @default 'SELECT 1' */
  query: option.string().default('SELECT 1'),
  /**
   * How many callers may wait for a connection before the state is `warn`.
   * @default 0
   */
  warnAboveWaiting: option.integer({ min: 0 }).default(0),
  /**
   * The share of the server's `max_connections` in use, by everybody, from which the state is `warn`.
   * `false` does not ask. A server that does not tell is not held against it.
   * @default 0.9
   */
  warnAtServerConnections: option
    .anyOf('a number from 0 to 1 or false', option.oneOf(false), option.number({ min: 0, max: 1 }))
    .default(0.9),
})

/** The options of `postgresCheck`, with the check's settings. */
export interface PostgresCheckOptions extends CheckSettings, Options<typeof rule> {}

/** Every role may read both; pg_stat_activity hides what the sessions of others are. */
const serverConnectionsQuery =
  "SELECT sum(numbackends)::int AS used, current_setting('max_connections')::int AS max FROM pg_stat_database"

/** The share in use, out of what `pg` answers. */
function shareOf(answer: unknown): number | undefined {
  const rows: unknown = answer !== null && typeof answer === 'object' && Reflect.get(answer, 'rows')
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  if (row === null || typeof row !== 'object') return undefined
  const share = Number(Reflect.get(row, 'used')) / Number(Reflect.get(row, 'max'))
  return Number.isFinite(share) ? share : undefined
}

const ignore = (): void => undefined

const utilization = (componentId: string, share: number): Measurement => ({
  name: 'utilization',
  componentId,
  observedValue: Math.round(share * 1000) / 10,
  observedUnit: 'percent',
})

/**
 * Borrows a connection of the pool and runs a query on it. When the time is up the connection is
 * destroyed, so that a dead one does not go back to the pool.
 *
 * It waits in line for a connection like any other caller: a pool that has none to give within
 * `timeoutMs` fails the check.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, postgresCheck } from '@alfred/health'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ max: 10 })
 * pool.on('error', (error) => console.warn(error.message))
 * createHealth({ checks: [postgresCheck(pool)] })
 * ```
 */
export function postgresCheck(pool: PostgresPool, options: PostgresCheckOptions = {}): HealthCheck {
  readOptions('postgresCheck.pool', pool, option.withMethods<PostgresPool>('connect'))
  const { query, warnAboveWaiting, warnAtServerConnections, ...settings } = readOptions(
    'postgresCheck',
    options,
    rule,
  )

  const askServer = async (client: PostgresClient): Promise<number | undefined> => {
    try {
      return shareOf(await client.query(serverConnectionsQuery))
    } catch {
      return undefined
    }
  }

  /** @returns the share of the server's connections in use, where it tells */
  const ask = async (signal: AbortSignal): Promise<number | undefined> => {
    const client = await pool.connect()
    // The pool listens to its idle clients alone. Without a listener a connection that breaks ends the process.
    client.on?.('error', ignore)
    let released = false
    const release = (destroy: boolean): void => {
      if (released) return
      released = true
      // Called by an abort too, where a throw would end the process.
      const borrowed: { readonly release: (destroy: boolean) => unknown } = client
      // One that is destroyed may break yet.
      if (!destroy) client.off?.('error', ignore)
      runDetached(() => borrowed.release(destroy), ignore)
    }
    if (signal.aborted) {
      release(false)
      return undefined
    }
    const abandon = (): void => {
      release(true)
    }
    signal.addEventListener('abort', abandon, { once: true })
    try {
      await client.query(query)
      const share = warnAtServerConnections === false ? undefined : await askServer(client)
      release(false)
      return share
    } catch (error) {
      release(true)
      throw error
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  return {
    kind: 'datastore',
    ...settings,
    async check(signal) {
      // Read first: the check's own connection is no load.
      const { totalCount, idleCount, waitingCount } = pool
      const serverShare = await ask(signal)
      const busy = totalCount - idleCount
      const measurements: Measurement[] = [
        { name: 'connections', componentId: 'busy', observedValue: busy, observedUnit: 'connections' },
        { name: 'connections', componentId: 'waiting', observedValue: waitingCount, observedUnit: 'callers' },
      ]
      const max = pool.options?.max
      if (max !== undefined) measurements.push(utilization('pool', busy / max))
      if (serverShare !== undefined) measurements.push(utilization('server', serverShare))
      const crowded = waitingCount > warnAboveWaiting
      const full =
        serverShare !== undefined &&
        warnAtServerConnections !== false &&
        serverShare >= warnAtServerConnections
      if (!crowded && !full) return { status: 'pass', measurements }
      const output = crowded ? 'callers wait for a connection' : "the server's connections are nearly used up"
      return { status: 'warn', output, measurements }
    },
  }
}
