import { type MemberRule, option, type Options, type Resolved } from '@alfred/core'
import { isSecretMember } from './secret-names.ts'
import { secretTexts } from './secret-texts.ts'

/** Takes secrets and personal data out. */
export interface Redactor {
  text(value: string): string
  /** A copy of plain data without them; deep structures are cut off. */
  value(value: unknown): unknown
}

const patternRule = option.custom<RegExp>((value, report) => {
  if (value instanceof RegExp) return value
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a regular expression.')
  return undefined
})

const redactionShape = option.object({
  /** Names of members whose values are taken out, without regard to case. @default none of your own */
  keys: option.list(option.string()).default([]),
  /** Texts that are taken out. Must not backtrack: they run on every report. @default none of your own */
  patterns: option.list(patternRule).default([]),
})

/** What is taken out of texts and values, beyond the usual secrets. */
export interface RedactionOptions extends Options<typeof redactionShape> {}

/** The rule for a `redact` option. */
export const redactionRule: MemberRule<
  Resolved<typeof redactionShape>,
  RedactionOptions,
  'defaulted'
> = redactionShape.orDefaults()

const replacement = '[redacted]'

/** The longest text that is kept. */
const maxTextLength = 4096
/** What the patterns read beyond it: of half a secret they might see nothing. */
const marginLength = 1024
const deepest = 5
const maxMembers = 50

/**
 * Builds a {@link Redactor}. What it takes out by itself: keys, tokens, cookies, passwords in URLs and
 * assignments, webhook addresses, e-mail addresses, numbers of cards and accounts.
 */
export function createRedactor({ keys = [], patterns = [] }: RedactionOptions = {}): Redactor {
  const ownKeys = new Set(keys.map((key) => key.toLowerCase()))
  const ownPatterns = patterns.map((pattern) => new RegExp(pattern, withFlag(pattern.flags, 'g')))
  const isSecret = (name: string, value: unknown): boolean =>
    ownKeys.has(name.toLowerCase()) || isSecretMember(name, value)

  const text = (value: string): string => {
    let clean = shortened(value)
    for (const redact of secretTexts) clean = redact(clean)
    for (const pattern of ownPatterns) clean = clean.replace(pattern, replacement)
    const isCut = clean.length > maxTextLength || value.length > maxTextLength + marginLength
    return isCut ? `${clean.slice(0, maxTextLength)}…` : clean
  }

  const copy = (value: unknown, depth: number): unknown => {
    switch (typeof value) {
      case 'string':
        return text(value)
      case 'number':
      case 'boolean':
      case 'undefined':
        return value
      case 'bigint':
        return String(value)
      case 'object':
        break
      case 'function':
      case 'symbol':
        return `[${typeof value}]`
    }
    if (value === null) return null
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
    if (value instanceof Error) return text(`${value.name}: ${value.message}`)
    if (depth >= deepest) return '[cut off]'
    if (Array.isArray(value)) return copyList(value, depth)
    // Instances may hold anything, behind getters too.
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return '[object]'
    const entries = Object.entries(value).slice(0, maxMembers)
    return Object.fromEntries(
      entries.map(([name, member]: [string, unknown]) => [
        text(name),
        isSecret(name, member) ? replacement : copy(member, depth + 1),
      ]),
    )
  }

  const copyList = (list: readonly unknown[], depth: number): unknown[] =>
    list
      .slice(0, maxMembers)
      .map((entry, index) =>
        index > 0 && isValueOf(list[index - 1], entry) ? replacement : copy(entry, depth + 1),
      )

  /** Whether a name of a header or a flag stands before its value, as in `rawHeaders` and `process.argv`. */
  const isValueOf = (name: unknown, value: unknown): boolean =>
    typeof name === 'string' &&
    typeof value === 'string' &&
    pairName.test(name) &&
    isSecret(name.replace(/^-+/, ''), value)

  return { text, value: (value) => copy(value, 0) }
}

/** The text that the patterns read. Its last word, which may be the half of a secret, is left out where it was cut. */
function shortened(value: string): string {
  if (value.length <= maxTextLength + marginLength) return value
  const read = value.slice(0, maxTextLength + marginLength)
  const lastWordAt = Math.max(...[' ', '\n', '\t', '"', "'"].map((end) => read.lastIndexOf(end))) + 1
  return read.slice(0, lastWordAt)
}

/** A flag, or the name of a header: words without a dash are often a list of names. */
const pairName = /^(?:--?[\w.-]{1,64}|[a-z\d]{1,32}(?:-[a-z\d]{1,32}){1,8}|authorization|cookie)$/i

const withFlag = (flags: string, flag: string): string => (flags.includes(flag) ? flags : flags + flag)
