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
} from './checks/check.ts'
export { compositeCheck, type CompositeCheckOptions, type MemberCheck } from './checks/composite-check.ts'
export { cpuCheck, type CpuCheckOptions } from './checks/system/cpu-check.ts'
export type { CpuReading } from './checks/system/cgroup-cpu.ts'
export type { CertificateFile, TlsServer } from './checks/certificate-source.ts'
export { diskCheck, type DiskCheckOptions } from './checks/system/disk-check.ts'
export { eventLoopCheck, type EventLoopCheckOptions } from './checks/system/event-loop-check.ts'
export { httpCheck, type HttpCheckOptions } from './checks/http-check.ts'
export { keyVaultCheck, type KeyVaultCheckOptions, type ReportingVault } from './checks/key-vault-check.ts'
export { memoryCheck, type MemoryCheckOptions, type MemoryReading } from './checks/system/memory-check.ts'
export {
  postgresCheck,
  type PostgresCheckOptions,
  type PostgresClient,
  type PostgresPool,
} from './checks/postgres-check.ts'
export { redisCheck, type RedisCheckOptions, type RedisClient } from './checks/redis-check.ts'
export { storageCheck, type StorageCheckOptions } from './checks/system/storage-check.ts'
export { tlsCertificateCheck, type TlsCertificateCheckOptions } from './checks/tls-certificate-check.ts'
export { createHealth, type Health } from './health.ts'
export type { ServiceIdentity } from './registry/service-identity.ts'
export type { HealthDetails, HealthPaths } from './probes/health-middleware.ts'
export type { HealthOptions, StatusPageOptions } from './health-options.ts'
export type { CheckSnapshot, HealthSnapshot } from './registry/health-snapshot.ts'
export { healthPeers } from './peer-options.ts'
