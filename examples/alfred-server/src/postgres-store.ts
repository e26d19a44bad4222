import type { Lifecycle } from '@alfred/core'
import { Pool } from 'pg'
import { PostgresClient, postgresConnection } from './database/postgres-connection.ts'
import type { PostgresSettings } from './settings/database-settings.ts'

/**
 * Opens a store of keys on connections of its own, which end with it: a busy chat must not keep it waiting.
 *
 * @param applicationName - names the connections in `pg_stat_activity`
 */
export function openPostgresStore<S extends Lifecycle>(
  settings: PostgresSettings,
  applicationName: string,
  createStore: (pool: Pool) => S,
): S {
  const pool = new Pool({
    ...postgresConnection(settings, applicationName),
    Client: PostgresClient,
    connectionTimeoutMillis: 3000,
    max: 3,
  })
  // A connection that is lost while idle is made anew at the next call.
  pool.on('error', () => undefined)
  const store = createStore(pool)
  const close = async (): Promise<void> => {
    await store.close()
    await pool.end()
  }
  return { ...store, close, [Symbol.asyncDispose]: close }
}
