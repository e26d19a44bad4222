import { option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import type { DetectorName } from '../detectors/text/finding.ts'
import { inspectedString } from './inspected-string.ts'
import { isPlaceholderName, placeholderName, placeholdersOf } from './render-template.ts'
import { textDefaults, type TextOptions, textOptionRules, verbatimChecks } from './text.ts'

/** Options of `template`. */
export interface TemplateOptions extends TextOptions {
  /** The names that `{{name}}` may have. @default any */
  readonly placeholders?: readonly string[] | undefined
  /**
   * What becomes of a text in which `{{name}}` stands with another name: it is refused, or stays as the text it is.
   * @default 'reject' with `placeholders`
   */
  readonly undeclared?: 'keep' | 'reject' | undefined
}

const optionsRule = option.objectOf<TemplateOptions>(
  {
    ...textOptionRules,
    placeholders: option.list((value, report) => {
      if (typeof value === 'string' && isPlaceholderName(value)) return value
      report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be a letter, then at most 63 letters, digits and _.')
      return undefined
    }),
    undeclared: option.oneOf('keep', 'reject'),
  },
  { required: ['maxLength'] },
)

function templateField(name: string, options: unknown): ZodString {
  const { placeholders, undeclared = 'reject', ...textOptions } = readOptions(name, options, optionsRule)
  const declared = placeholders && new Set(placeholders)
  const isOwn = (detector: DetectorName, found: string): boolean => {
    const placeholder = detector === 'code' ? placeholderName(found) : undefined
    return placeholder !== undefined && declared?.has(placeholder) !== false
  }
  return inspectedString({
    ...verbatimChecks(textOptions, { ...textDefaults, kind: 'template', showsCode: false, isOwn }),
    accept: (text) =>
      declared &&
      undeclared === 'reject' &&
      placeholdersOf(text).some((placeholder) => !declared.has(placeholder))
        ? 'unknown-placeholder'
        : undefined,
  })
}

/**
 * A template: text in which `{{name}}` stands for a value. It is data and is never evaluated; `renderTemplate` fills it
 * in. Expressions that other template engines would run are told of as flags, also inside shown code; its own
 * placeholders, those declared or any, are none. `detectors: { code: { action: 'reject', threshold: 'suspicious' } }`
 * refuses every other expression and calls such as `eval(`, `Function(` and `setTimeout(`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { renderTemplate, template } from '@alfred/input-validation'
 *
 * const greeting = template({ maxLength: 1000, placeholders: ['name'] }).parse('Hello {{ name }}!')
 * renderTemplate(greeting, { name: 'Ada' })
 * ```
 */
export const template = (options: TemplateOptions): ZodString => templateField('template', options)

/**
 * The source of a template: `template` of 1 to 100,000 code points.
 *
 * @param options - those of `template`; `maxLength` replaces the 100,000
 */
export const templateContent = (options: Partial<Omit<TemplateOptions, 'minLength'>> = {}): ZodString =>
  templateField('templateContent', { maxLength: 100_000, ...options, minLength: 1 })
