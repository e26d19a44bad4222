import { option, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'

/** A client that a pool lends; `pg`'s. */
export interface PostgresClient {
  query(text: string): Promise<unknown>
  /** @param destroy - `true` closes the connection instead of keeping it */
  release(destroy?: boolean): void
}

/** A connection pool; `pg`'s `Pool`. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** The options of `postgresCheck`, with the check's settings. */
export interface PostgresCheckOptions extends Partial<CheckSettings> {
  /** @default 'SELECT 1' */
  readonly query?: string | undefined
  /**
   * How many callers may wait for a connection before the state is `warn`.
   * @default 0
   */
  readonly warnAboveWaiting?: number | undefined
}

const rule = option.object<PostgresCheckOptions>({
  ...checkSettingRules,
  query: option.string(),
  warnAboveWaiting: option.integer({ min: 0 }),
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
 * createHealth({ checks: [postgresCheck(new Pool({ max: 10 }))] })
 * ```
 */
export function postgresCheck(pool: PostgresPool, options: PostgresCheckOptions = {}): HealthCheck {
  readOptions('postgresCheck.pool', pool, option.withMethods<PostgresPool>('connect'))
  const {
    query = 'SELECT 1',
    warnAboveWaiting = 0,
    ...settings
  } = readOptions('postgresCheck', options, rule)

  const ask = async (signal: AbortSignal): Promise<void> => {
    const client = await pool.connect()
    if (signal.aborted) {
      client.release()
      return
    }
    let released = false
    const release = (destroy: boolean): void => {
      if (released) return
      released = true
      client.release(destroy)
    }
    const abandon = (): void => {
      release(true)
    }
    signal.addEventListener('abort', abandon, { once: true })
    try {
      await client.query(query)
      release(false)
    } catch (error) {
      release(true)
      throw error
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  return {
    name: 'postgres',
    kind: 'datastore',
    ...settings,
    async check(signal) {
      // Read first: the check's own connection is no load.
      const { totalCount, idleCount, waitingCount } = pool
      await ask(signal)
      const max = pool.options?.max
      const busy = totalCount - idleCount
      const crowded = waitingCount > warnAboveWaiting
      return {
        status: crowded ? 'warn' : 'pass',
        output: crowded ? 'callers wait for a connection' : undefined,
        measurements: [
          { name: 'connections', componentId: 'busy', observedValue: busy, observedUnit: 'connections' },
          {
            name: 'connections',
            componentId: 'waiting',
            observedValue: waitingCount,
            observedUnit: 'callers',
          },
          ...(max === undefined
            ? []
            : [
                {
                  name: 'utilization',
                  observedValue: Math.round((busy / max) * 1000) / 10,
                  observedUnit: 'percent',
                },
              ]),
        ],
      }
    },
  }
}
