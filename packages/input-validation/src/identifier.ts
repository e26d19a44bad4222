import { option, readOptions } from '@alfred/core'
import { z } from 'zod'

/** Options of `identifier`. */
export interface IdentifierOptions {
  /**
   * The most characters.
   * @default 128
   */
  readonly maxLength?: number | undefined
}

const optionsRule = option.object<IdentifierOptions>({ maxLength: option.integer({ min: 1, max: 4096 }) })

/** One class per position and no alternatives: takes time linear in the text. */
const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * A field that names something: ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
 * Such a name needs no escaping in HTML, URLs, header fields or file names, and is never `.` or `..`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { identifier } from '@alfred/input-validation'
 * import { z } from 'zod'
 *
 * const params = z.strictObject({ sessionId: identifier({ maxLength: 36 }) })
 * params.parse({ sessionId: '0b6d-42' })
 * ```
 */
export function identifier(options: IdentifierOptions = {}): z.ZodString {
  const { maxLength = 128 } = readOptions('identifier', options, optionsRule)
  return z.string().min(1).max(maxLength).regex(pattern)
}
