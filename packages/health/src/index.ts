export type {
  CheckOutcome,
  CheckResult,
  CheckSettings,
  CheckStatus,
  Criticality,
  HealthCheck,
  HealthGroup,
  HealthStatus,
  Measurement,
} from './check.ts'
export { compositeCheck, type CompositeCheckOptions, type MemberCheck } from './checks/composite-check.ts'
export { eventLoopCheck, type EventLoopCheckOptions } from './checks/event-loop-check.ts'
export { httpCheck, type HttpCheckOptions } from './checks/http-check.ts'
export { memoryCheck, type MemoryCheckOptions, type MemoryReading } from './checks/memory-check.ts'
export {
  postgresCheck,
  type PostgresCheckOptions,
  type PostgresClient,
  type PostgresPool,
} from './checks/postgres-check.ts'
export { redisCheck, type RedisCheckOptions, type RedisClient } from './checks/redis-check.ts'
export { storageCheck, type StorageCheckOptions } from './checks/storage-check.ts'
export type { CloseHook } from './close-hooks.ts'
export { createDrain, type Drain, type DrainResult } from './drain.ts'
export { drainOnSignals, type DrainOnSignalsOptions, type ProcessLike } from './drain-on-signals.ts'
export type { DrainOptions } from './drain-options.ts'
export { createHealth, type Health } from './health.ts'
export type { ServiceIdentity } from './health-document.ts'
export type { HealthDetails, HealthPaths } from './health-middleware.ts'
export type { HealthOptions } from './health-options.ts'
export type { CheckSnapshot, HealthSnapshot } from './health-snapshot.ts'
export type { DrainableServer } from './server-connections.ts'
