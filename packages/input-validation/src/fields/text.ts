import { option, type OptionRule, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import { freeTextThreshold } from '../detectors/text/finding.ts'
import { type DetectorSettings, detectorSettingsRule } from '../inspection/detector-settings.ts'
import { createInspection, type InspectionDefaults } from '../inspection/inspection.ts'
import { createPromptScoring, type PromptScorer, promptScorerRule } from '../inspection/prompt-scorer.ts'
import { inspectedString, type StringChecks } from './inspected-string.ts'
import { type TextSize, textSizeRules } from './text-size.ts'

/** Options of `text`, `code` and `markdown`. */
export interface TextOptions extends TextSize {
  /**
   * What findings of the detectors lead to.
   * @default flag all of them from 0.8 on; in `code` what is carried, secrets and deceptive Unicode
   */
  readonly detectors?: DetectorSettings | undefined
  /** A judge of prompt injection beside the built-in one. */
  readonly promptScorer?: PromptScorer | undefined
}

export const textOptionRules: {
  readonly [K in keyof TextOptions]-?: OptionRule<Exclude<TextOptions[K], undefined>>
} = {
  ...textSizeRules,
  detectors: detectorSettingsRule,
  promptScorer: promptScorerRule,
}

const optionsRule = option.objectOf<TextOptions>(textOptionRules, { required: ['maxLength'] })

/** What free text is looked through for; nothing of it is ever refused for its content. */
export const textDefaults: InspectionDefaults = {
  kind: 'text',
  threshold: freeTextThreshold,
  showsCode: true,
  actions: {
    code: 'flag',
    markup: 'flag',
    path: 'flag',
    prompt: 'flag',
    secret: 'flag',
    sql: 'flag',
    unicode: 'flag',
    url: 'flag',
  },
}

/** The checks of a field that keeps its text as it is. */
export function verbatimChecks(options: TextOptions, defaults: InspectionDefaults): StringChecks {
  const { detectors, promptScorer, ...size } = options
  return {
    size,
    inspect: createInspection(defaults, detectors),
    onAccepted: promptScorer && createPromptScoring(defaults.kind, promptScorer),
  }
}

/** Builds a field that keeps its text as it is, unless a detector is told to sanitise. */
const verbatimField = (name: string, options: unknown, defaults: InspectionDefaults): ZodString =>
  inspectedString(verbatimChecks(readOptions(name, options, optionsRule), defaults))

/**
 * A field of free text: code, prose, any script. What is accepted comes out exactly as it went in: nothing
 * is trimmed, escaped, normalised or removed. Escape it where it is shown, with `escapeHtml`.
 *
 * No text is refused for what it says. Detectors look through it, and what they find is told as the event
 * `validation.flagged`; `detectors` can change that, field by field.
 *
 * Two kinds of text are refused because they cannot be stored as they are: lone surrogates, which have no
 * UTF-8 form, and U+0000, which PostgreSQL's `text` does not hold. All other control characters are legal.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { text } from '@alfred/input-validation'
 * import { z } from 'zod'
 *
 * const note = z.strictObject({ title: text({ maxLength: 200, minLength: 1 }) })
 * note.parse({ title: 'Why is Map<string, number> a <generic>?' })
 * ```
 */
export const text = (options: TextOptions): ZodString => verbatimField('text', options, textDefaults)

/**
 * A field of source code: `text` that is looked through only for what code carries without showing it, pasted secrets
 * and deceptive Unicode (Trojan Source).
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { code } from '@alfred/input-validation'
 *
 * code({ maxLength: 50_000, detectors: { unicode: 'reject' } }).parse('if (a < b) eval(c)')
 * ```
 */
export const code = (options: TextOptions): ZodString =>
  verbatimField('code', options, {
    ...textDefaults,
    kind: 'code',
    actions: { secret: 'flag', unicode: 'flag' },
  })

/**
 * A field of Markdown: the source, kept as it is like `text`. HTML in it is not made safe here but where it is shown,
 * when `renderMarkdown` makes HTML of it.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { markdown } from '@alfred/input-validation'
 *
 * markdown({ maxLength: 20_000 }).parse('# Title\n\n`<b>` makes **bold**')
 * ```
 */
export const markdown = (options: TextOptions): ZodString =>
  verbatimField('markdown', options, { ...textDefaults, kind: 'markdown' })

/** Options of `chatMessage`. */
export type ChatMessageOptions = Partial<Omit<TextOptions, 'minLength'>>

/**
 * A message to the assistant: `text` of 1 to 10,000 code points, never refused for what it says.
 *
 * @param options - those of `text`; `maxLength` replaces the 10,000
 *
 * @example
 * ```ts
 * import { chatMessage } from '@alfred/input-validation'
 *
 * chatMessage().parse("Why does SELECT * FROM users WHERE name = '' OR 1=1 return every row?")
 * ```
 */
export const chatMessage = (options: ChatMessageOptions = {}): ZodString =>
  verbatimField('chatMessage', { maxLength: 10_000, ...options, minLength: 1 }, textDefaults)
