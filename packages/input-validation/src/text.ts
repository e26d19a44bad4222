import { option, readOptions } from '@alfred/core'
import { z } from 'zod'

/** Options of `text`. */
export interface TextOptions {
  /** The most characters, counted in Unicode code points, as PostgreSQL's `char_length` counts them. */
  readonly maxLength: number
  /**
   * The fewest characters, in code points.
   * @default 0
   */
  readonly minLength?: number | undefined
}

const optionsRule = option.object<TextOptions>(
  { maxLength: option.integer({ min: 1 }), minLength: option.integer({ min: 0 }) },
  { required: ['maxLength'] },
)

/** Whether `text` has more than `limit` code points. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  // A code point takes at most two units, so a text of more than twice as many needs no counting.
  if (text.length > 2 * limit) return true
  let count = text.length
  for (let index = 0; index < text.length; index++) {
    if ((text.codePointAt(index) ?? 0) < 0x10000) continue
    count -= 1
    index += 1
  }
  return count > limit
}

/** In a pattern with the flag u this class matches lone surrogates only. */
const loneSurrogate = /[\uD800-\uDFFF]/u

/**
 * A field of free text: code, prose, any script. What is accepted comes out exactly as it went in: nothing
 * is trimmed, escaped, normalised or removed. Escape it where it is shown, with `escapeHtml`.
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
export function text(options: TextOptions): z.ZodString {
  const { maxLength, minLength = 0 } = readOptions('text', options, optionsRule)
  return z.string().check((context) => {
    const { value, issues } = context
    const bound = { origin: 'string', input: value, continue: false } as const
    if (isLonger(value, maxLength)) {
      issues.push({ ...bound, code: 'too_big', maximum: maxLength, inclusive: true })
    } else if (minLength > 0 && !isLonger(value, minLength - 1)) {
      issues.push({ ...bound, code: 'too_small', minimum: minLength, inclusive: true })
    } else if (value.includes('\0')) {
      issues.push({ code: 'custom', input: value, params: { code: 'nul-character' } })
    } else if (loneSurrogate.test(value)) {
      issues.push({ code: 'custom', input: value, params: { code: 'lone-surrogate' } })
    }
  })
}

/**
 * A message to the assistant: `text` of 1 to 10,000 code points.
 *
 * @param options - `maxLength` replaces the 10,000
 */
export function chatMessage({
  maxLength = 10_000,
}: { readonly maxLength?: number | undefined } = {}): z.ZodString {
  return text({ maxLength, minLength: 1 })
}

/**
 * The source of a template: `text` of 1 to 100,000 code points. It is data: evaluating it is not for us.
 *
 * @param options - `maxLength` replaces the 100,000
 */
export function templateContent({
  maxLength = 100_000,
}: { readonly maxLength?: number | undefined } = {}): z.ZodString {
  return text({ maxLength, minLength: 1 })
}
