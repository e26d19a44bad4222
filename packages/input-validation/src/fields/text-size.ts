import { option, type OptionRule } from '@alfred/core'

/**
 * Bounds of a text. A character is counted in one of three ways: a person counts none of them, and databases, buffers
 * and JavaScript each count another.
 */
export interface TextSize {
  /** The most Unicode code points, as PostgreSQL's `char_length` counts. */
  readonly maxLength: number
  /** The fewest, in code points. @default 0 */
  readonly minLength?: number | undefined
  /** The most bytes in UTF-8, as files and most databases' keys count. @default no limit */
  readonly maxBytes?: number | undefined
  /** The most UTF-16 code units, as `String.length` and the `maxlength` of HTML count. @default no limit */
  readonly maxUnits?: number | undefined
}

/** The rules of {@link TextSize}'s options. */
export const textSizeRules: { readonly [K in keyof TextSize]-?: OptionRule<number> } = {
  maxLength: option.integer({ min: 1 }),
  minLength: option.integer({ min: 0 }),
  maxBytes: option.integer({ min: 1 }),
  maxUnits: option.integer({ min: 1 }),
}

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

/** What a text breaks: a bound with its unit, as zod's issues name them. */
export interface SizeFault {
  readonly code: 'too_big' | 'too_small'
  /** What is counted: `string` stands for code points. */
  readonly origin: 'bytes' | 'string' | 'units'
  readonly bound: number
}

/** The first bound that a text breaks. */
export function sizeFault(
  text: string,
  { maxLength, minLength = 0, maxBytes, maxUnits }: TextSize,
): SizeFault | undefined {
  if (isLonger(text, maxLength)) return { code: 'too_big', origin: 'string', bound: maxLength }
  if (minLength > 0 && !isLonger(text, minLength - 1))
    return { code: 'too_small', origin: 'string', bound: minLength }
  if (maxUnits !== undefined && text.length > maxUnits)
    return { code: 'too_big', origin: 'units', bound: maxUnits }
  // A unit takes at most three bytes.
  if (maxBytes !== undefined && text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)
    return { code: 'too_big', origin: 'bytes', bound: maxBytes }
  return undefined
}
