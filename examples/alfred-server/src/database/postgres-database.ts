import { postgresVaultSchema } from '@alfred/key-vault'
import { postgresClientKeySchema } from '@alfred/key-vault/client-keys'
import type { PostgresSettings } from '../settings/database-settings.ts'
import type { DatabaseDriver } from './database-driver.ts'
import { PostgresClient, postgresConnection } from './postgres-connection.ts'

/** The server and database of a PostgreSQL URL, without user and password. */
function withoutCredentials(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed) return 'the server in DATABASE_URL'
  return `${parsed.host || 'localhost'}${parsed.pathname}`
}

/** How much later than PostgreSQL itself the client gives a statement up, when nothing comes back, in ms. */
const lateAnswerMs = 2000

/** A PostgreSQL server. */
export function openPostgresDatabase(settings: PostgresSettings): DatabaseDriver {
  const { url, migrationUrl, pool } = settings
  return {
    kind: 'PostgreSQL',
    description: `PostgreSQL at ${withoutCredentials(url)}`,
    pool: {
      ...postgresConnection(settings, 'alfred'),
      Client: PostgresClient,
      min: pool.min,
      max: pool.max,
      connectionTimeoutMillis: pool.acquireTimeoutMs,
      idleTimeoutMillis: pool.idleTimeoutMs,
      statement_timeout: pool.statementTimeoutMs,
      query_timeout: pool.statementTimeoutMs + lateAnswerMs,
      idle_in_transaction_session_timeout: pool.idleInTransactionTimeoutMs,
    },
    // A migration may run for longer than any statement of a request.
    createClient: () =>
      new PostgresClient(postgresConnection({ ...settings, url: migrationUrl }, 'alfred-migrate')),
    schemas: [postgresVaultSchema(), postgresClientKeySchema()],
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
