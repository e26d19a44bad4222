import {
  compositeCheck,
  type Health,
  type HealthCheck,
  memoryCheck,
  postgresCheck,
  storageCheck,
} from '@alfred/health'
import type { Database } from './database/database.ts'
import type { ChatProvider } from './providers/chat-provider.ts'
import type { Settings } from './settings/settings.ts'

/** The database answers, and its schema is in place. */
function databaseCheck(database: Database): HealthCheck {
  const answers = postgresCheck(database.pool, {
    name: 'database',
    intervalMs: 1000,
    // PGlite has one connection, for which requests queue in the normal course of things.
    warnAboveWaiting: database.kind === 'PGlite' ? 100 : 10,
  })
  return {
    ...answers,
    check: (signal) =>
      database.migrated
        ? answers.check(signal)
        : Promise.resolve({ status: 'fail', output: 'not connected yet, or not migrated' }),
  }
}

/** What the health checks ask. */
export interface HealthCheckSources {
  readonly database: Database
  readonly providers: readonly ChatProvider[]
  readonly settings: Settings
}

/** Checks of what Alfred depends on; the limiter's Redis is checked by the hardening. */
export function createHealthChecks({
  database,
  providers,
  settings,
}: HealthCheckSources): readonly HealthCheck[] {
  return [
    databaseCheck(database),
    memoryCheck(),
    storageCheck(settings.dataFolder),
    // Counts in /healthz alone: without any provider this instance is as good as every other one.
    compositeCheck({
      name: 'ai-providers',
      intervalMs: 60_000,
      members: Object.fromEntries(
        providers.map((provider) => [provider.name, (signal: AbortSignal) => provider.probe(signal)]),
      ),
    }),
  ]
}

/** Longer than any start takes. */
const startMs = 3_600_000

/** Keeps the readiness probe failing, as "starting", until the returned function is called. */
export function holdReadiness(health: Health): { end(): void } {
  let pass: () => void = () => undefined
  const started = new Promise<void>((resolve) => {
    pass = resolve
  })
  const remove = health.register({
    name: 'start',
    timeoutMs: startMs,
    intervalMs: startMs,
    check: () => started,
  })
  return {
    end() {
      pass()
      remove()
    },
  }
}
