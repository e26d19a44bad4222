export type {
  CheckOutcome,
  CheckResult,
  CheckStatus,
  Criticality,
  HealthCheck,
  HealthGroup,
  HealthStatus,
  Measurement,
} from './checks/check.ts'
export { compositeCheck, type CompositeCheckOptions } from './checks/composite-check.ts'
export { httpCheck, type HttpCheckOptions } from './checks/http-check.ts'
export { keyVaultCheck, type KeyVaultCheckOptions } from './checks/key-vault-check.ts'
export { postgresCheck, type PostgresCheckOptions, type PostgresPool } from './checks/postgres-check.ts'
export { redisCheck, type RedisCheckOptions } from './checks/redis-check.ts'
export { cpuCheck, type CpuCheckOptions } from './checks/system/cpu-check.ts'
export { diskCheck, type DiskCheckOptions } from './checks/system/disk-check.ts'
export { eventLoopCheck, type EventLoopCheckOptions } from './checks/system/event-loop-check.ts'
export { memoryCheck, type MemoryCheckOptions } from './checks/system/memory-check.ts'
export { storageCheck, type StorageCheckOptions } from './checks/system/storage-check.ts'
export { tlsCertificateCheck, type TlsCertificateCheckOptions } from './checks/tls-certificate-check.ts'
export type { HealthOptions, StatusPageOptions } from './health-options.ts'
export { createHealth, type Health } from './health.ts'
export { healthPeers } from './peer-options.ts'
export type { HealthPaths } from './probes/health-endpoints.ts'
export type { HealthDetails } from './probes/health-middleware.ts'
export type { CheckSnapshot, HealthSnapshot } from './registry/health-snapshot.ts'
