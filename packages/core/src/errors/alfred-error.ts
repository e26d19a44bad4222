import { asError } from './as-error.ts'

/**
 * Every failure the packages can raise. The list is closed: a caller may switch over it,
 * and a new reason is a new entry here.
 */
export type AlfredErrorCode =
  | 'ALFRED_CLIENT_KEY_EXPIRED'
  | 'ALFRED_CLIENT_KEY_NOT_FOUND'
  | 'ALFRED_CLIENT_KEY_REVOKED'
  | 'ALFRED_CLIENT_KEY_TOO_MANY_SECRETS'
  | 'ALFRED_CONFIG_INVALID'
  | 'ALFRED_HEALTH_DUPLICATE_CHECK'
  | 'ALFRED_LAYER_OFF'
  | 'ALFRED_LIFECYCLE_CLOSED'
  | 'ALFRED_METRICS_DEFINITION_CLASH'
  | 'ALFRED_RATE_LIMIT_INVALID_COST'
  | 'ALFRED_RATE_LIMIT_INVALID_DURATION'
  | 'ALFRED_RATE_LIMIT_INVALID_KEY'
  | 'ALFRED_RATE_LIMIT_UNKNOWN_POLICY'
  | 'ALFRED_RATE_LIMIT_UNSUPPORTED'
  | 'ALFRED_STORE_TIMEOUT'
  | 'ALFRED_STORE_UNAVAILABLE'
  | 'ALFRED_VALIDATION_BODY_CONSUMED'
  | 'ALFRED_VALIDATION_NOT_RUN'
  | 'ALFRED_VALIDATION_PRIVATE_ADDRESS'
  | 'ALFRED_VALIDATION_TIMEOUT'
  | 'ALFRED_VAULT_AUDIT_UNAVAILABLE'
  | 'ALFRED_VAULT_CONFLICT'
  | 'ALFRED_VAULT_FENCED'
  | 'ALFRED_VAULT_FOREIGN_JOURNAL'
  | 'ALFRED_VAULT_KEY_IN_USE'
  | 'ALFRED_VAULT_KEY_NOT_FOUND'
  | 'ALFRED_VAULT_KEY_PROVIDER_FAILED'
  | 'ALFRED_VAULT_LOOSE_PERMISSIONS'
  | 'ALFRED_VAULT_NOT_READY'
  | 'ALFRED_VAULT_OLD_FORMAT'
  | 'ALFRED_VAULT_PROVIDER_FAILED'
  | 'ALFRED_VAULT_ROLLED_BACK'
  | 'ALFRED_VAULT_ROTATION_FAILED'
  | 'ALFRED_VAULT_TAMPERED'
  | 'ALFRED_VAULT_WRONG_KEY'
  | 'ALFRED_VAULT_WRONG_STAGE'

const marker = Symbol.for('alfred.error')

/**
 * The base of every error these packages throw.
 *
 * Recognise it with {@link isAlfredError}, which also works when two copies of this package are installed.
 */
export class AlfredError extends Error {
  override readonly name: string = 'AlfredError'
  readonly code: AlfredErrorCode

  constructor(code: AlfredErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, marker, { value: true })
  }
}

/**
 * Whether `value` is an {@link AlfredError}, of this or any other installed copy of the package.
 *
 * @example
 * ```ts
 * import { isAlfredError } from '@alfred/core'
 *
 * export const isOutage = (error: unknown) => isAlfredError(error) && error.code === 'ALFRED_STORE_UNAVAILABLE'
 * ```
 */
export function isAlfredError(value: unknown): value is AlfredError {
  return asError(value) === value && marker in value
}
