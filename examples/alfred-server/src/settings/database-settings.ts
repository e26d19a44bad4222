import type { Report, Values } from './read-variables.ts'
import { withPassword } from './with-password.ts'

/** How PostgreSQL is reached. */
export interface PostgresSettings {
  /** Holds the password. */
  readonly url: string
  /** The same as the role that owns the tables, where that is another one. */
  readonly migrationUrl: string
  /** TLS with a server whose name is in its certificate; `undefined` leaves it to the URL's `sslmode`. */
  readonly tls: PostgresTls | undefined
  readonly pool: PoolSettings
}

/** TLS as Node takes it. */
export interface PostgresTls {
  readonly rejectUnauthorized: true
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** The connections of one instance; times in ms. */
export interface PoolSettings {
  readonly min: number
  readonly max: number
  readonly acquireTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly idleInTransactionTimeoutMs: number
}

/** Reads where PostgreSQL is; `undefined` stands for the embedded database. */
export function readDatabaseSettings(values: Values, report: Report): PostgresSettings | undefined {
  const url = readUrl(values, report)
  const tls = readTls(values, report)
  const pool = readPool(values, report)
  if (url === undefined) return undefined
  if (tls !== undefined && new URL(url).searchParams.has('sslmode')) {
    report('DB_SSL', 'ALFRED_CONFIG_CONFLICT', 'and the sslmode of DATABASE_URL both say how: set one.')
  }
  return { url, migrationUrl: migrationUrlOf(url, values), tls, pool }
}

function readUrl(values: Values, report: Report): string | undefined {
  const { DATABASE_URL: url, DB_HOST: host } = values
  const parts = ['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const
  const present = parts.filter((name) => values[name] !== undefined)
  if (url !== undefined) {
    for (const name of present) {
      report(name, 'ALFRED_CONFIG_CONFLICT', 'is set, and so is DATABASE_URL: set one of them.')
    }
    return withPassword(url, values.DATABASE_PASSWORD)
  }
  if (values.DATABASE_PASSWORD !== undefined) {
    report('DATABASE_PASSWORD', 'ALFRED_CONFIG_CONFLICT', 'belongs to DATABASE_URL, which is not set.')
  }
  if (present.length === 0) return undefined
  for (const name of ['DB_HOST', 'DB_NAME', 'DB_USER'] as const) {
    if (values[name] === undefined)
      report(name, 'ALFRED_CONFIG_MISSING', 'is needed with the other DB_ names.')
  }
  if (host === undefined) return undefined
  return urlOfParts(host, values)
}

function urlOfParts(host: string, values: Values): string {
  const url = new URL('postgres://localhost')
  url.hostname = host.includes(':') ? `[${host}]` : host
  url.port = String(values.DB_PORT ?? 5432)
  url.pathname = encodeURIComponent(values.DB_NAME ?? '')
  url.username = encodeURIComponent(values.DB_USER ?? '')
  return withPassword(url.href, values.DB_PASSWORD)
}

function readTls(values: Values, report: Report): PostgresTls | undefined {
  const { DB_SSL: mode, DB_SSL_CA: ca, DB_SSL_CERT: cert, DB_SSL_KEY: key } = values
  const hasFiles = ca !== undefined || cert !== undefined || key !== undefined
  if (mode === 'off' && hasFiles) {
    report('DB_SSL', 'ALFRED_CONFIG_CONFLICT', 'must not be off when certificates are set.')
  }
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'DB_SSL_CERT' : 'DB_SSL_KEY'
    report(missing, 'ALFRED_CONFIG_MISSING', 'is needed: certificate and key go together.')
  }
  if (mode === 'off' || (mode === undefined && !hasFiles)) return undefined
  return { rejectUnauthorized: true, ca, cert, key }
}

function readPool(values: Values, report: Report): PoolSettings {
  const { DB_POOL_MIN: min, DB_POOL_MAX: max } = values
  if (min > max) report('DB_POOL_MIN', 'ALFRED_CONFIG_OUT_OF_RANGE', 'must not exceed DB_POOL_MAX.')
  return {
    min,
    max,
    acquireTimeoutMs: values.DB_ACQUIRE_TIMEOUT_MS,
    idleTimeoutMs: values.DB_IDLE_TIMEOUT_MS,
    statementTimeoutMs: values.DB_STATEMENT_TIMEOUT_MS,
    idleInTransactionTimeoutMs: values.DB_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  }
}

function migrationUrlOf(url: string, values: Values): string {
  const { DB_MIGRATION_USER: user, DB_MIGRATION_PASSWORD: password } = values
  if (user === undefined) return withPassword(url, password)
  const own = new URL(url)
  own.username = encodeURIComponent(user)
  own.password = ''
  return withPassword(own.href, password)
}
