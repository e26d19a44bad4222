import type { Gauge } from './instruments.ts'
import type { Metrics } from './metrics.ts'

/** A database's connections at one moment. */
export interface DatabasePoolReading {
  readonly used: number
  readonly idle: number
  /** Callers that wait for a connection. */
  readonly waiting: number
  readonly max: number
}

/** A provider's key at one moment. */
export interface ProviderKeyReading {
  readonly provider: string
  /** When the current version became current, ms since the epoch; `undefined` when there is none. */
  readonly rotatedAt: number | undefined
  /** When it is to be rotated, ms since the epoch; `undefined` when it is not. */
  readonly rotationDueAt?: number | undefined
}

/**
 * What operators watch besides requests. Times are in milliseconds since the epoch; they are exported as
 * seconds, and as moments rather than ages, so that an age goes on growing when nobody reports any more.
 */
export interface OperationsMetrics {
  /** Whether the server takes requests, read at every scrape: `alfred_ready`. */
  watchReadiness(isReady: () => boolean): void
  /** The database's connections, read at every scrape: `alfred_database_connections`, `…_max`, `…_waiting`. */
  watchDatabasePool(read: () => DatabasePoolReading): void
  /** The providers' keys, read at every scrape: `alfred_key_rotated_timestamp_seconds`, `alfred_key_rotation_due_…`. */
  watchKeys(read: () => Iterable<ProviderKeyReading>): void
  /** When a certificate expires: `alfred_certificate_expiry_timestamp_seconds`. */
  setCertificateExpiry(name: string, expiresAt: number): void
  /** A backup was made and checked: `alfred_backup_last_success_timestamp_seconds`, `alfred_backup_size_bytes`. */
  setBackup(name: string, finishedAt: number, sizeBytes: number): void
  /** Whether a circuit breaker lets no calls through: `alfred_circuit_open`. */
  setCircuitOpen(name: string, open: boolean): void
}

/** The names of certificates, backups, breakers and providers: few, and the application's own. */
const names = { max: 50 } as const

// With labels, even without one, a series begins with its first value.
const noLabels = {} as const

const setMoment = (gauge: Gauge, momentMs: number): void => {
  gauge.set(momentMs / 1000)
}

/**
 * Defines the operators' metrics in `metrics`. What is never set or watched has no series, so that an alert
 * on it stays silent.
 *
 * @example
 * ```ts
 * import { createMetrics, createOperationsMetrics } from '@alfred/metrics'
 *
 * const operations = createOperationsMetrics(createMetrics())
 * operations.setCertificateExpiry('api.example.com', Date.UTC(2027, 0, 1))
 * ```
 */
export function createOperationsMetrics(metrics: Metrics): OperationsMetrics {
  const ready = metrics.gauge({
    name: 'alfred_ready',
    help: 'Whether the server takes requests, 1 or 0.',
    labels: noLabels,
    aggregation: 'min',
  })
  const connections = metrics.gauge({
    name: 'alfred_database_connections',
    help: 'Connections of the database pool.',
    labels: { state: ['used', 'idle'] },
  })
  const mostConnections = metrics.gauge({
    name: 'alfred_database_connections_max',
    help: 'How many connections the database pool may have.',
    labels: noLabels,
  })
  const waiting = metrics.gauge({
    name: 'alfred_database_connections_waiting',
    help: 'Callers that wait for a connection of the database pool.',
    labels: noLabels,
  })
  const rotated = metrics.gauge({
    name: 'alfred_key_rotated_timestamp_seconds',
    help: "When a provider's current key became current.",
    labels: { provider: names },
    aggregation: 'max',
  })
  const rotationDue = metrics.gauge({
    name: 'alfred_key_rotation_due_timestamp_seconds',
    help: "When a provider's key is to be rotated.",
    labels: { provider: names },
    aggregation: 'max',
  })
  const certificateExpiry = metrics.gauge({
    name: 'alfred_certificate_expiry_timestamp_seconds',
    help: 'When a certificate expires.',
    labels: { name: names },
    aggregation: 'min',
  })
  const backup = metrics.gauge({
    name: 'alfred_backup_last_success_timestamp_seconds',
    help: 'When a backup was last made and checked.',
    labels: { name: names },
    aggregation: 'max',
  })
  const backupSize = metrics.gauge({
    name: 'alfred_backup_size_bytes',
    help: 'The size of the last backup that was made and checked.',
    labels: { name: names },
    aggregation: 'max',
  })
  const circuits = metrics.gauge({
    name: 'alfred_circuit_open',
    help: 'Whether a circuit breaker lets no calls through, 1 or 0.',
    labels: { name: names },
    aggregation: 'max',
  })

  return Object.freeze<OperationsMetrics>({
    watchReadiness(isReady) {
      metrics.onScrape(() => {
        ready.with(noLabels).set(isReady() ? 1 : 0)
      })
    },
    watchDatabasePool(read) {
      metrics.onScrape(() => {
        const pool = read()
        connections.with({ state: 'used' }).set(pool.used)
        connections.with({ state: 'idle' }).set(pool.idle)
        mostConnections.with(noLabels).set(pool.max)
        waiting.with(noLabels).set(pool.waiting)
      })
    },
    watchKeys(read) {
      metrics.onScrape(() => {
        for (const { provider, rotatedAt, rotationDueAt } of read()) {
          if (rotatedAt !== undefined) setMoment(rotated.with({ provider }), rotatedAt)
          if (rotationDueAt !== undefined) setMoment(rotationDue.with({ provider }), rotationDueAt)
        }
      })
    },
    setCertificateExpiry(name, expiresAt) {
      setMoment(certificateExpiry.with({ name }), expiresAt)
    },
    setBackup(name, finishedAt, sizeBytes) {
      setMoment(backup.with({ name }), finishedAt)
      backupSize.with({ name }).set(sizeBytes)
    },
    setCircuitOpen(name, open) {
      circuits.with({ name }).set(open ? 1 : 0)
    },
  })
}
