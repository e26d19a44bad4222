import { option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import { type DetectorName, valueThreshold } from '../detectors/text/finding.ts'
import {
  type DetectorAction,
  type DetectorSettings,
  detectorSettingsRule,
} from '../inspection/detector-settings.ts'
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
   * `ascii`: ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit. `words`: letters, digits,
   * punctuation and symbols of every script but `<` and `>`, with spaces of every script between them and one that is visible, for what people call themselves and
   * their things.
   * @default 'ascii'
   */
  readonly characters?: 'ascii' | 'words' | undefined
  /**
   * What findings of the detectors lead to.
   * @default all from 0.4 on but prompt injection. `ascii` rejects, but flags secrets; `words` flags, but rejects what hides
   * characters: "When I'm Gone" and "25 Or 6 To 4" are names.
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
  words:
    /^(?!\p{Zs})(?:(?![<>])[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Join_Control}\p{Emoji_Component}\p{Zs}])*(?<!\p{Zs})$/u,
} as const

/** A name of marks, fillers and joiners alone shows nothing. U+2800 is a symbol of no dots. */
const visible = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u

const detectorNames = ['code', 'markup', 'path', 'sql', 'url'] as const

const actionsOf = (action: DetectorAction): Readonly<Partial<Record<DetectorName, DetectorAction>>> => ({
  ...Object.fromEntries(detectorNames.map((name) => [name, action])),
  secret: 'flag',
  unicode: 'reject',
})

/** A program makes identifiers, so that what looks like an attack is one. People make names. */
const actions = { ascii: actionsOf('reject'), words: actionsOf('flag') }

/**
 * A field that names something. As `ascii` it needs no escaping in HTML, URLs, header fields or file names, and is never
 * `.` or `..`. As `words` it holds names like `O'Brien & Söhne`: escape and bind it like any text. What looks like an
 * injection in it is flagged and not refused.
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
    accept: (text) => (pattern.test(text) && visible.test(text) ? undefined : 'wrong-format'),
    inspect: createInspection(
      {
        kind: 'identifier',
        threshold: valueThreshold,
        showsCode: false,
        actions: actions[characters],
      },
      detectors,
    ),
  })
}
