import { asError } from './as-error.ts'
import type { AlfredErrorCode, AlfredErrorDetails } from './error-details.ts'

const marker = Symbol.for('alfred.error')

/**
 * The base of every error these packages throw. `code` says what happened, `details` what a program can act on.
 *
 * Recognise it with {@link isAlfredError}, which also works when two copies of this package are installed.
 */
export class AlfredError<Code extends AlfredErrorCode = AlfredErrorCode> extends Error {
  override readonly name: string = 'AlfredError'
  readonly code: Code
  /** Never a secret. Its members are documented at {@link AlfredErrorDetails}. */
  readonly details: AlfredErrorDetails[Code]

  constructor(code: Code, message: string, details: AlfredErrorDetails[Code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
    Object.defineProperty(this, marker, { value: true })
  }
}

/** An {@link AlfredError} of one of the codes: a comparison of `code` narrows `details`. */
export type AlfredErrorOf<Code extends AlfredErrorCode = AlfredErrorCode> = {
  [Each in Code]: AlfredError<Each>
}[Code]

/**
 * Whether `value` is an {@link AlfredError}, of this or any other installed copy of the package.
 *
 * @param codes - which codes it may have; none given: any
 *
 * @example
 * ```ts
 * import { isAlfredError } from '@alfred/core'
 *
 * export const providerOf = (error: unknown) =>
 *   isAlfredError(error, 'ALFRED_VAULT_KEY_NOT_FOUND') ? error.details.provider : undefined
 * ```
 */
export function isAlfredError<Code extends AlfredErrorCode = AlfredErrorCode>(
  value: unknown,
  ...codes: readonly Code[]
): value is AlfredErrorOf<Code> {
  const error = asError(value)
  if (error !== value || !(marker in error)) return false
  return codes.length === 0 || codes.some((code) => 'code' in error && error.code === code)
}
