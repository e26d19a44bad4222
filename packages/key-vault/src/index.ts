export { acceptRestoredVault } from './accept-restored-vault.ts'
export type { AuditEntry, AuditEvent } from './audit/audit-entry.ts'
export type { AuditHead } from './audit/audit-head.ts'
export { type AuditLog, type AuditLogOptions, createAuditLog } from './audit/audit-log.ts'
export type { AuditStore } from './audit/audit-trail.ts'
export type { AuditVerification } from './audit/verify-chain.ts'
export type { RequireScopeOptions } from './client-keys/authenticate.ts'
export type { ClientKey } from './client-keys/client-key.ts'
export type { ClientKeyChanges, ClientKeyStore, StoredClientKey } from './client-keys/client-key-store.ts'
export type { ClientKeyEnvironment } from './client-keys/client-key-text.ts'
export type { ClientKeyRejection, ClientKeyVerdict } from './client-keys/client-key-verifier.ts'
export type { IssuedClientKey, RotateClientKeyOptions } from './client-keys/client-key-writer.ts'
export { type ClientKeys, createClientKeys } from './client-keys/client-keys.ts'
export type { ChangedBy, ClientKeysOptions, NewClientKey } from './client-keys/client-keys-options.ts'
export { createFileClientKeyStore } from './client-keys/file-client-key-store.ts'
export { createMemoryClientKeyStore } from './client-keys/memory-client-key-store.ts'
export {
  createPostgresClientKeyStore,
  postgresClientKeySchema,
  type PostgresClientKeyStoreOptions,
} from './client-keys/postgres-client-key-store.ts'
export {
  createRedisClientKeyStore,
  type RedisClientKeyStoreOptions,
} from './client-keys/redis-client-key-store.ts'
export type { InvalidKeyLimit } from './client-keys/failure-limiter.ts'
export type { RedactedText } from './client-keys/redacted-text.ts'
export { createFileVaultStore, type FileVaultStoreOptions } from './file-vault-store.ts'
export {
  type KeyContext,
  keyEncryptionKeyFromBase64,
  type KeyEncryptionKeyProvider,
  withPreviousKeys,
} from './key-encryption-key.ts'
export { keyEncryptionKeyFromFile, type KeyFileOptions } from './key-encryption-key-file.ts'
export { isKeyRejection, type KeyAttempt } from './with-key.ts'
export {
  type AwsKms,
  type AwsKmsKeyOptions,
  keyEncryptionKeyFromAwsKms,
} from './key-encryption-key-aws-kms.ts'
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
export type { ProviderPolicy } from './rotation/rotation-policy.ts'
export type { KeyLease } from './key-leases.ts'
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
} from './backup/restore-file-stores.ts'
export { migrateTextFiles, type MigrateTextFilesOptions } from './backup/migrate-text-files.ts'
export { createMemoryVaultStore, type MemoryVaultStoreOptions } from './memory-vault-store.ts'
export type { PostgresClient, PostgresPool, PostgresResult } from './postgres-pool.ts'
export { postgresVaultSchema } from './postgres-tables.ts'
export { createPostgresVaultStore, type PostgresVaultStoreOptions } from './postgres-vault-store.ts'
export { createRedisVaultStore, type RedisVaultStoreOptions } from './redis-vault-store.ts'
export type { Secret } from './secret.ts'
export { createKeyVault, type KeyVault } from './vault.ts'
export type { KeyStage, KeyUsage, KeyValidity } from './vault-document.ts'
export type { KeyVaultOptions } from './vault-options.ts'
export type { KeyState, KeyVersionReport, ProviderKeyReport, VaultReport } from './vault-report.ts'
export type { AuditPage, StoreLease, VaultSnapshot, VaultStore } from './vault-store.ts'
