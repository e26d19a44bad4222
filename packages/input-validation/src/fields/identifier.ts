import { option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import { valueThreshold } from '../detectors/text/finding.ts'
import { type DetectorSettings, detectorSettingsRule } from '../inspection/detector-settings.ts'
import { createInspection } from '../inspection/inspection.ts'
import { inspectedString } from './inspected-string.ts'

/** Options of `identifier`. */
export interface IdentifierOptions {
  /**
   * The most characters, in code points.
   * @default 128
   */
  readonly maxLength?: number | undefined
  /**
   * `ascii`: ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit. `words`: letters and digits of
   * every script, spaces and the punctuation of names, for what people call themselves and their things.
   * @default 'ascii'
   */
  readonly characters?: 'ascii' | 'words' | undefined
  /**
   * What findings of the detectors lead to.
   * @default reject all of them from 0.4 on but secrets and prompt injection
   */
  readonly detectors?: DetectorSettings | undefined
}

const optionsRule = option.objectOf<IdentifierOptions>({
  maxLength: option.integer({ min: 1, max: 4096 }),
  characters: option.oneOf('ascii', 'words'),
  detectors: detectorSettingsRule,
})

/** One class per position and no alternatives: takes time linear in the text. */
const patterns = {
  ascii: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  words: /^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control} .,'’&()/@+_#:!?-]*$/u,
} as const

/**
 * A field that names something. As `ascii` it needs no escaping in HTML, URLs, header fields or file names, and is never
 * `.` or `..`. As `words` it holds names like `O'Brien & Söhne`: escape and bind it like any text. What looks like an
 * injection is refused, since a name has no business looking like one.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { identifier } from '@alfred/input-validation'
 * import { z } from 'zod'
 *
 * const project = z.strictObject({
 *   id: identifier({ maxLength: 36 }),
 *   name: identifier({ characters: 'words', maxLength: 80 }),
 * })
 * project.parse({ id: '0b6d-42', name: "Zoë's project" })
 * ```
 */
export function identifier(options: IdentifierOptions = {}): ZodString {
  const { maxLength = 128, characters = 'ascii', detectors } = readOptions('identifier', options, optionsRule)
  const pattern = patterns[characters]
  return inspectedString({
    size: { maxLength, minLength: 1 },
    accept: (text) => (pattern.test(text) ? undefined : 'wrong-format'),
    inspect: createInspection(
      {
        kind: 'identifier',
        threshold: valueThreshold,
        showsCode: false,
        actions: {
          code: 'reject',
          markup: 'reject',
          path: 'reject',
          secret: 'flag',
          sql: 'reject',
          unicode: 'reject',
          url: 'reject',
        },
      },
      detectors,
    ),
  })
}
