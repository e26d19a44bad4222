import { Client } from 'pg'
import type { DatabaseDriver } from './database-driver.ts'

/** The server and database of a PostgreSQL URL, without user and password. */
function withoutCredentials(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed) return 'the server in DATABASE_URL'
  return `${parsed.host || 'localhost'}${parsed.pathname}`
}

/** A PostgreSQL server. */
export function openPostgresDatabase(connectionString: string): DatabaseDriver {
  const connection = { connectionString, application_name: 'alfred', connectionTimeoutMillis: 3000 }
  return {
    kind: 'PostgreSQL',
    description: `PostgreSQL at ${withoutCredentials(connectionString)}`,
    pool: { ...connection, max: 10, statement_timeout: 10_000, query_timeout: 12_000 },
    // A migration may run for longer than any statement of a request.
    createClient: () => new Client(connection),
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
