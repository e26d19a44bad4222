import { Client, type ClientConfig } from 'pg'
import type { PostgresSettings } from '../settings/database-settings.ts'

/** How long a connection may take to be made; a pool may let a statement wait for longer. */
const connectTimeoutMs = 5000

/** A connection that is not made soon is given up: whoever waits for a pool gets another one. */
export class PostgresClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: connectTimeoutMs })
  }
}

/**
 * What every connection to PostgreSQL is made with.
 *
 * @param applicationName - names the connections in `pg_stat_activity`
 */
export const postgresConnection = (
  { url, tls }: PostgresSettings,
  applicationName: string,
): ClientConfig => ({
  connectionString: url,
  application_name: applicationName,
  ...(tls && { ssl: tls }),
})
