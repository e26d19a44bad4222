import { dropRejection, isThenable } from '@alfred/core'
import type { Gauge, MetricFamily } from '../instruments/instruments.ts'
import type { LabelDeclarations } from '../instruments/label-declaration.ts'
import type { Aggregation } from '../instruments/metric-definition.ts'
import type { Metrics } from '../metrics.ts'

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
  /** Whether the provider took the current version when it was last asked; `undefined` when nobody knows. */
  readonly valid?: boolean | undefined
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
  /**
   * The providers' keys, read at every scrape: `alfred_key_rotated_timestamp_seconds`, `alfred_key_rotation_due_…`,
   * `alfred_key_valid`.
   */
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
const ofName = { name: names } as const
const ofProvider = { provider: names } as const

/**
 * Reads what is watched, at once.
 *
 * @throws TypeError for a promise, which fails the scrape instead of exporting nothing
 */
function readNow<T>(name: string, read: () => T): T {
  const reading = read()
  if (!isThenable(reading)) return reading
  dropRejection(reading)
  throw new TypeError(`${name} must not return a promise`)
}

const seconds = (ms: number): number => ms / 1000

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
  const gauge = <const L extends LabelDeclarations>(
    name: string,
    labels: L,
    aggregation: Aggregation,
    help: string,
  ): MetricFamily<L, Gauge> => metrics.gauge({ name: `alfred_${name}`, labels, aggregation, help })

  const ready = gauge('ready', noLabels, 'min', 'Whether the server takes requests, 1 or 0.')
  const pool = {
    connections: gauge(
      'database_connections',
      { state: ['used', 'idle'] },
      'sum',
      'Connections of the database pool.',
    ),
    max: gauge(
      'database_connections_max',
      noLabels,
      'sum',
      'How many connections the database pool may have.',
    ),
    waiting: gauge(
      'database_connections_waiting',
      noLabels,
      'sum',
      'Callers that wait for a connection of the database pool.',
    ),
  }
  const key = {
    rotated: gauge(
      'key_rotated_timestamp_seconds',
      ofProvider,
      'max',
      "When a provider's current key became current.",
    ),
    due: gauge(
      'key_rotation_due_timestamp_seconds',
      ofProvider,
      'max',
      "When a provider's key is to be rotated.",
    ),
    valid: gauge(
      'key_valid',
      ofProvider,
      'min',
      'Whether a provider took its current key when it was last asked, 1 or 0.',
    ),
  }
  const certificateExpiry = gauge(
    'certificate_expiry_timestamp_seconds',
    ofName,
    'min',
    'When a certificate expires.',
  )
  const backup = {
    finished: gauge(
      'backup_last_success_timestamp_seconds',
      ofName,
      'max',
      'When a backup was last made and checked.',
    ),
    size: gauge('backup_size_bytes', ofName, 'max', 'The size of the last backup that was made and checked.'),
  }
  const circuitOpen = gauge(
    'circuit_open',
    ofName,
    'max',
    'Whether a circuit breaker lets no calls through, 1 or 0.',
  )

  return Object.freeze<OperationsMetrics>({
    watchReadiness(isReady) {
      metrics.onScrape(() => {
        ready.with(noLabels).set(readNow<unknown>('watchReadiness', isReady) === true ? 1 : 0)
      })
    },
    watchDatabasePool(read) {
      metrics.onScrape(() => {
        const { used, idle, max, waiting } = readNow('watchDatabasePool', read)
        pool.connections.with({ state: 'used' }).set(used)
        pool.connections.with({ state: 'idle' }).set(idle)
        pool.max.with(noLabels).set(max)
        pool.waiting.with(noLabels).set(waiting)
      })
    },
    watchKeys(read) {
      metrics.onScrape(() => {
        for (const { provider, rotatedAt, rotationDueAt, valid } of readNow('watchKeys', read)) {
          const labels = { provider }
          if (rotatedAt !== undefined) key.rotated.with(labels).set(seconds(rotatedAt))
          if (rotationDueAt !== undefined) key.due.with(labels).set(seconds(rotationDueAt))
          if (valid !== undefined) key.valid.with(labels).set(Number(valid))
        }
      })
    },
    setCertificateExpiry(name, expiresAt) {
      certificateExpiry.with({ name }).set(seconds(expiresAt))
    },
    setBackup(name, finishedAt, sizeBytes) {
      backup.finished.with({ name }).set(seconds(finishedAt))
      backup.size.with({ name }).set(sizeBytes)
    },
    setCircuitOpen(name, open) {
      circuitOpen.with({ name }).set(Number(open))
    },
  })
}
