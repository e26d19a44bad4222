export { acceptRestoredVault } from './vault/accept-restored-vault.ts'
export type { AuditEntry, AuditEvent } from './audit/audit-entry.ts'
export type { AuditHead } from './audit/audit-head.ts'
export { type AuditLog, type AuditLogOptions, createAuditLog } from './audit/audit-log.ts'
export type { AuditStore } from './audit/audit-trail.ts'
export type { AuditVerification } from './audit/verify-chain.ts'
export type { RequireScopeOptions } from './client-keys/authenticate.ts'
export type { ClientKey } from './client-keys/records/client-key.ts'
export type {
  ClientKeyChanges,
  ClientKeyStore,
  StoredClientKey,
} from './client-keys/stores/client-key-store.ts'
export type { ClientKeyEnvironment } from './client-keys/records/client-key-text.ts'
export type { ClientKeyRejection, ClientKeyVerdict } from './client-keys/client-key-verifier.ts'
export type { IssuedClientKey, RotateClientKeyOptions } from './client-keys/client-key-writer.ts'
export { type ClientKeys, createClientKeys } from './client-keys/client-keys.ts'
export type { ChangedBy, ClientKeysOptions, NewClientKey } from './client-keys/client-keys-options.ts'
export { createFileClientKeyStore } from './client-keys/stores/file-client-key-store.ts'
export { createMemoryClientKeyStore } from './client-keys/stores/memory-client-key-store.ts'
export {
  createPostgresClientKeyStore,
  postgresClientKeySchema,
  type PostgresClientKeyStoreOptions,
} from './client-keys/stores/postgres-client-key-store.ts'
export {
  createRedisClientKeyStore,
  type RedisClientKeyStoreOptions,
} from './client-keys/stores/redis-client-key-store.ts'
export type { InvalidKeyLimit } from './client-keys/failure-limiter.ts'
export type { RedactedText } from './client-keys/records/redacted-text.ts'
export { createFileVaultStore, type FileVaultStoreOptions } from './stores/file/file-vault-store.ts'
export {
  type KeyContext,
  keyEncryptionKeyFromBase64,
  type KeyEncryptionKeyProvider,
  withPreviousKeys,
} from './key-encryption/key-encryption-key.ts'
export { keyEncryptionKeyFromFile, type KeyFileOptions } from './key-encryption/key-encryption-key-file.ts'
export { isKeyRejection, type KeyAttempt } from './vault/with-key.ts'
export {
  type AwsKms,
  type AwsKmsKeyOptions,
  keyEncryptionKeyFromAwsKms,
} from './key-encryption/key-encryption-key-aws-kms.ts'
export type { AdminKey } from './providers/admin-key.ts'
export { anthropicAdapter, type AnthropicAdapterOptions } from './providers/anthropic-adapter.ts'
export { ollamaAdapter, type OllamaAdapterOptions } from './providers/ollama-adapter.ts'
export { openAiAdapter, type OpenAiAdapterOptions } from './providers/openai-adapter.ts'
export { type ExpiringToken, tokenAdapter, type TokenAdapterOptions } from './providers/token-adapter.ts'
export {
  type KeyProbe,
  type KnownKey,
  type NewKey,
  type NewKeyRequest,
  type ProviderAdapter,
  type RemoteKey,
} from './providers/provider-adapter.ts'
export { ProviderError, type ProviderFailure } from './providers/provider-error.ts'
export type { ProviderPolicy } from './providers/provider-policy.ts'
export type { KeyLease } from './vault/key-leases.ts'
export {
  backupFileStores,
  type BackupFileStoresOptions,
  type FileStoresBackup,
} from './backup/backup-file-stores.ts'
export type { FileStorePaths } from './backup/file-store-paths.ts'
export {
  type RestoredFileStores,
  restoreFileStores,
  type RestoreFileStoresOptions,
} from './restore-file-stores.ts'
export { migrateTextFiles, type MigrateTextFilesOptions } from './backup/migrate-text-files.ts'
export { createMemoryVaultStore, type MemoryVaultStoreOptions } from './stores/memory-vault-store.ts'
export type { PostgresClient, PostgresPool, PostgresResult } from './stores/postgres/postgres-pool.ts'
export { postgresVaultSchema } from './stores/postgres/postgres-tables.ts'
export {
  createPostgresVaultStore,
  type PostgresVaultStoreOptions,
} from './stores/postgres/postgres-vault-store.ts'
export { createRedisVaultStore, type RedisVaultStoreOptions } from './stores/redis/redis-vault-store.ts'
export type { Secret } from './key-encryption/secret.ts'
export { createKeyVault, type KeyVault } from './key-vault.ts'
export type { KeyStage } from './vault/vault-document.ts'
export type { KeyUsage } from './providers/key-usage.ts'
export type { KeyValidity } from './providers/key-validity.ts'
export type { KeyVaultOptions } from './vault/vault-options.ts'
export type { KeyState, KeyVersionReport, ProviderKeyReport, VaultReport } from './vault-report.ts'
export type { AuditPage, StoreLease, VaultSnapshot, VaultStore } from './stores/vault-store.ts'
