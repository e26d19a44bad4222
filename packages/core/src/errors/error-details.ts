import type { ConfigProblem } from './config-problem.ts'

/** The details of a code that says everything. */
type NoDetails = Readonly<Record<string, never>>

/**
 * Every failure that the packages can raise, and what its error carries for a program. The list is closed: a caller may
 * switch over the codes, and a new reason is a new member here. No detail is a secret. Times are milliseconds since the
 * epoch.
 */
export interface AlfredErrorDetails {
  /** A client key has expired and cannot be rotated. */
  readonly ALFRED_CLIENT_KEY_EXPIRED: { readonly keyId: string; readonly expiresAt: number }
  /** No client key has this id. Without `keyId` the text was no id at all, and may be a whole key. */
  readonly ALFRED_CLIENT_KEY_NOT_FOUND: { readonly keyId?: string | undefined }
  /** A client key is revoked and cannot be rotated. */
  readonly ALFRED_CLIENT_KEY_REVOKED: { readonly keyId: string; readonly revokedAt: number }
  /** So many secrets of one client key are valid that it cannot be rotated until one of them ends. */
  readonly ALFRED_CLIENT_KEY_TOO_MANY_SECRETS: {
    readonly keyId: string
    readonly maxSecrets: number
    /** When the first of the secrets ends. */
    readonly retryAt: number
  }
  /** Options are unknown or wrong. */
  readonly ALFRED_CONFIG_INVALID: { readonly problems: readonly ConfigProblem[] }
  /** An address that a client named is not fetched, or its answer is not taken. */
  readonly ALFRED_FETCH_REFUSED: {
    readonly reason: 'aborted' | 'port' | 'redirects' | 'scheme' | 'timeout' | 'too-large' | 'url'
    readonly hostname?: string | undefined
  }
  /** Two health checks have one name. */
  readonly ALFRED_HEALTH_DUPLICATE_CHECK: { readonly check: string }
  /** A layer of the guard is used that is switched off. */
  readonly ALFRED_LAYER_OFF: { readonly layer: string }
  /** Something is used after `close()`. */
  readonly ALFRED_LIFECYCLE_CLOSED: {
    /** What was closed, as in `vault`. */
    readonly component: string
  }
  /** A metric has the name of another one, or a name that the other one exposes. */
  readonly ALFRED_METRICS_DEFINITION_CLASH: { readonly metric: string; readonly existingMetric: string }
  /** A cost, or a number of units, is outside of its bounds. */
  readonly ALFRED_RATE_LIMIT_INVALID_COST: {
    /** Absent where no policy is meant. */
    readonly policy?: string | undefined
    readonly min: number
    /** Absent where there is no upper bound. */
    readonly max?: number | undefined
  }
  /** A block would be too short or too long. */
  readonly ALFRED_RATE_LIMIT_INVALID_DURATION: {
    readonly policy: string
    readonly minMs: number
    readonly maxMs: number
  }
  /** A key names nobody: one bucket would hold all who have no id. */
  readonly ALFRED_RATE_LIMIT_INVALID_KEY: { readonly policy: string }
  /** No policy has this name. */
  readonly ALFRED_RATE_LIMIT_UNKNOWN_POLICY: { readonly policy: string; readonly policies: readonly string[] }
  /** The store of the limiter has no `edit`, which blocks need. */
  readonly ALFRED_RATE_LIMIT_UNSUPPORTED: { readonly operation: 'block' | 'edit' }
  /** A store did not answer in time. */
  readonly ALFRED_STORE_TIMEOUT: {
    /** What it stores, as in `vault`. */
    readonly store: string
    readonly timeoutMs: number
  }
  /** A store cannot be reached, or answers what no store answers. */
  readonly ALFRED_STORE_UNAVAILABLE: {
    /** What it stores, as in `vault`. */
    readonly store: string
    /** The file or folder, if it is one. */
    readonly path?: string | undefined
  }
  /** Another parser has read the body of an upload. */
  readonly ALFRED_UPLOAD_BODY_READ: NoDetails
  /** What was validated is asked of a request that did not go through the validation. */
  readonly ALFRED_VALIDATION_NOT_RUN: NoDetails
  /** A host name leads to an address that is not public. */
  readonly ALFRED_VALIDATION_PRIVATE_ADDRESS: { readonly hostname: string }
  /** An asynchronous schema did not settle in time. */
  readonly ALFRED_VALIDATION_TIMEOUT: { readonly timeoutMs: number }
  /** The audit trail cannot be written; reads go on, changes stop. */
  readonly ALFRED_VAULT_AUDIT_UNAVAILABLE: {
    /** What was to be done, as in `vault.promote`. */
    readonly action: string
    /** Whether it was done nevertheless. */
    readonly isDone: boolean
  }
  /** Something else writes, or has written, what was to be written. */
  readonly ALFRED_VAULT_CONFLICT: {
    /** What was to be written, as in `vault`. */
    readonly store: string
    /** How often it was tried, where other writers were first each time. */
    readonly attempts?: number | undefined
    /** The file or folder, if it is one. */
    readonly path?: string | undefined
    /** How long a retry should wait at least. */
    readonly retryAfterMs?: number | undefined
  }
  /** Another process holds the lease of the rotation by now. Nothing was written. */
  readonly ALFRED_VAULT_FENCED: NoDetails
  /** The journal beside a file belongs to another state of it, as after a copy by hand. */
  readonly ALFRED_VAULT_FOREIGN_JOURNAL: { readonly path: string; readonly journalPath: string }
  /** A version is to be revoked that somebody holds a lease of. */
  readonly ALFRED_VAULT_KEY_IN_USE: {
    readonly provider: string
    readonly version: number
    readonly leases: number
  }
  /** There is no such key, or no such file of keys. */
  readonly ALFRED_VAULT_KEY_NOT_FOUND: {
    readonly provider?: string | undefined
    readonly version?: number | undefined
    /** The file or folder that has no keys. */
    readonly path?: string | undefined
  }
  /** The provider of the key-encryption key, such as a KMS, failed. */
  readonly ALFRED_VAULT_KEY_PROVIDER_FAILED: {
    /** The name of the service's error. */
    readonly reason?: string | undefined
    /** The file of the key, if it is one. */
    readonly path?: string | undefined
    /** How long was waited, if there was no answer. */
    readonly timeoutMs?: number | undefined
  }
  /** Others may read or replace a file of the vault. */
  readonly ALFRED_VAULT_LOOSE_PERMISSIONS: {
    readonly path: string
    /** The permissions that it has, as in `0o644`. */
    readonly mode: number
    /** The widest permissions that it may have. */
    readonly maxMode: number
  }
  /** A key is asked for before `ready()`. */
  readonly ALFRED_VAULT_NOT_READY: NoDetails
  /** An earlier version wrote this file. */
  readonly ALFRED_VAULT_OLD_FORMAT: { readonly path: string }
  /** A provider did not do what it was asked for. */
  readonly ALFRED_VAULT_PROVIDER_FAILED: {
    /** A word of the provider, such as `rate_limit_exceeded`, or of ours: `timeout`, `network`. */
    readonly reason: string
    /** The HTTP status, if there was an answer. */
    readonly status?: number | undefined
    /** Whether it is certain that nothing was done. */
    readonly refused: boolean
    /** How long the provider asked to wait, in milliseconds. */
    readonly retryAfterMs?: number | undefined
  }
  /** An older copy of the vault, or of a client key's record, is in its place. */
  readonly ALFRED_VAULT_ROLLED_BACK: {
    /** Whose record it is, if it is one. */
    readonly keyId?: string | undefined
    /** Of what is in place, where it is known. */
    readonly revision?: number | undefined
    /** The lowest revision that would have been accepted, where it is known. */
    readonly minRevision?: number | undefined
  }
  /** A rotation that was asked for failed. The current key stays. */
  readonly ALFRED_VAULT_ROTATION_FAILED: {
    readonly provider: string
    /** `lastErrorCode` of the report, or `timeout`. */
    readonly reason: string
  }
  /** What is stored was changed by something else, or is damaged. */
  readonly ALFRED_VAULT_TAMPERED: {
    /** What is damaged. */
    readonly target: 'audit-trail' | 'backup' | 'client-keys' | 'file' | 'key' | 'vault'
    /** The file or folder, if it is one. */
    readonly path?: string | undefined
    readonly provider?: string | undefined
    readonly version?: number | undefined
    /** Whose record it is, if it is one. */
    readonly keyId?: string | undefined
  }
  /** This key-encryption key did not write what is to be read. */
  readonly ALFRED_VAULT_WRONG_KEY: {
    /** The id of the key that wrote it, where it is known. */
    readonly keyEncryptionKeyId?: string | undefined
  }
  /** A version is not in the stage that the call needs. */
  readonly ALFRED_VAULT_WRONG_STAGE: {
    readonly provider: string
    readonly version: number
    readonly stage: string
    /** The stages that the call accepts. */
    readonly accepted: readonly string[]
  }
  /** A webhook's signature cannot be checked: nobody kept the bytes of its body. */
  readonly ALFRED_WEBHOOK_BODY_NOT_KEPT: NoDetails
  /** A path of a webhook is relative to the mount of the webhook guard, so that it protects nothing. */
  readonly ALFRED_WEBHOOK_PATH_RELATIVE: NoDetails
}

/** The code of a failure. What each means is documented at {@link AlfredErrorDetails}. */
export type AlfredErrorCode = keyof AlfredErrorDetails
