export type { RequireScopeOptions } from './client-keys/authenticate.ts'
export type { ClientKeyRejection, ClientKeyVerdict } from './client-keys/client-key-verifier.ts'
export type { IssuedClientKey, RotateClientKeyOptions } from './client-keys/client-key-writer.ts'
export { type ClientKeys, createClientKeys } from './client-keys/client-keys.ts'
export type { ChangedBy, ClientKeysOptions, NewClientKey } from './client-keys/client-keys-options.ts'
export type { InvalidKeyLimit } from './client-keys/failure-limiter.ts'
export type { ClientKey } from './client-keys/records/client-key.ts'
export type { ClientKeyEnvironment } from './client-keys/records/client-key-text.ts'
export type { RedactedText } from './client-keys/records/redacted-text.ts'
export type {
  ClientKeyChanges,
  ClientKeyStore,
  StoredClientKey,
} from './client-keys/stores/client-key-store.ts'
export { createFileClientKeyStore } from './client-keys/stores/file-client-key-store.ts'
export { createMemoryClientKeyStore } from './client-keys/stores/memory-client-key-store.ts'
export {
  createPostgresClientKeyStore,
  postgresClientKeySchema,
} from './client-keys/stores/postgres-client-key-store.ts'
export { createRedisClientKeyStore } from './client-keys/stores/redis-client-key-store.ts'
export type { PostgresConnectionOptions } from './stores/postgres/postgres-connection.ts'
export type { RedisKeyStoreOptions } from './stores/redis/keyed-redis.ts'
