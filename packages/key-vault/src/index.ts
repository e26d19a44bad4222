export {
  backupFileStores,
  type BackupFileStoresOptions,
  type FileStoresBackup,
} from './backup/backup-file-stores.ts'
export type { FileStorePaths } from './backup/file-store-paths.ts'
export { migrateTextFiles, type MigrateTextFilesOptions } from './backup/migrate-text-files.ts'
export {
  type KeyContext,
  keyEncryptionKeyFromBase64,
  type KeyEncryptionKeyProvider,
  withPreviousKeys,
} from './key-encryption/key-encryption-key.ts'
export {
  type AwsKms,
  type AwsKmsKeyOptions,
  keyEncryptionKeyFromAwsKms,
} from './key-encryption/key-encryption-key-aws-kms.ts'
export { keyEncryptionKeyFromFile, type KeyFileOptions } from './key-encryption/key-encryption-key-file.ts'
export type { Secret } from './key-encryption/secret.ts'
export { createKeyVault, type KeyVault } from './key-vault.ts'
export {
  type RestoredFileStores,
  restoreFileStores,
  type RestoreFileStoresOptions,
} from './restore-file-stores.ts'
export { createFileVaultStore, type FileVaultStoreOptions } from './stores/file/file-vault-store.ts'
export { createMemoryVaultStore } from './stores/memory-vault-store.ts'
export type { PostgresConnectionOptions } from './stores/postgres/postgres-connection.ts'
export type { PostgresPool } from './stores/postgres/postgres-pool.ts'
export { postgresVaultSchema } from './stores/postgres/postgres-tables.ts'
export { createPostgresVaultStore } from './stores/postgres/postgres-vault-store.ts'
export type { RedisKeyStoreOptions } from './stores/redis/keyed-redis.ts'
export { createRedisVaultStore } from './stores/redis/redis-vault-store.ts'
export type { StoreLease, VaultSnapshot, VaultStore } from './stores/vault-store.ts'
export type { KeyReplacement } from './rotation/replace-key.ts'
export type { RotationRequest } from './rotation/request-rotation.ts'
export { acceptRestoredVault } from './vault/accept-restored-vault.ts'
export type { KeyLease } from './vault/key-leases.ts'
export type { KeyStage } from './vault/vault-document.ts'
export type { KeyVaultOptions } from './vault/vault-options.ts'
export { isKeyRejection } from './vault/with-key.ts'
export type { ProviderKeyReport, VaultReport } from './vault-report.ts'
