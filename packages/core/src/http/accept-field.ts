/** One range of an `Accept` field, in lower case. */
export interface AcceptedRange {
  /** Such as `text/html`, or a range: `text/*`. */
  readonly type: string
  /** Without `q`. */
  readonly parameters: ReadonlyMap<string, string>
  /** From 0, never, to 1. */
  readonly quality: number
}

/** RFC 9110 section 12.4.2. */
const qualityShape = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** More ranges than any client sends. */
const maxRanges = 64

/** Splits at `separator` outside of quotation marks. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let quoted = false
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index)
    if (quoted && char === '\\') index++
    else if (char === '"') quoted = !quoted
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function parseRange(entry: string): AcceptedRange {
  const [type = '', ...rest] = splitOutsideQuotes(entry, ';').map((part) => part.trim())
  const parameters = new Map<string, string>()
  let quality = 1
  for (const part of rest) {
    const equals = part.indexOf('=')
    if (equals <= 0) continue
    const name = part.slice(0, equals).trim()
    const value = part
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    if (name === 'q') quality = qualityShape.test(value) ? Number(value) : 0
    else parameters.set(name, value)
  }
  return { type, parameters, quality }
}

/** Reads an `Accept` field as RFC 9110 section 12.5.1 has it. A quality that is none counts as 0. */
export const parseAccept = (field: string): readonly AcceptedRange[] =>
  splitOutsideQuotes(field.toLowerCase(), ',').slice(0, maxRanges).map(parseRange)

interface Preference {
  readonly quality: number
  /** 0 for everything, 1 for a range of subtypes, 2 for the type itself, 3 for it with its parameters. */
  readonly specificity: number
  /** Where it stands in the field. */
  readonly index: number
}

const nothing: Preference = { quality: 0, specificity: -1, index: Infinity }

/** What the most specific range says of a type; one with parameters that the answer has not says nothing. */
function preferenceFor(
  ranges: readonly AcceptedRange[],
  type: string,
  own: Readonly<Record<string, string>> = {},
): Preference {
  const [group = ''] = type.split('/')
  let best = nothing
  for (const [index, { type: range, parameters, quality }] of ranges.entries()) {
    if ([...parameters].some(([name, value]) => own[name] !== value)) continue
    const base = range === type ? 2 : range === `${group}/*` ? 1 : range === '*/*' ? 0 : undefined
    if (base === undefined) continue
    const specificity = base + (parameters.size > 0 ? 1 : 0)
    if (specificity > best.specificity) best = { quality, specificity, index }
  }
  return best
}

const isPreferred = (one: Preference, other: Preference): boolean => {
  if (one.quality !== other.quality) return one.quality > other.quality
  if (one.specificity !== other.specificity) return one.specificity > other.specificity
  return one.index < other.index
}

/**
 * Whether an `Accept` field asks for a page rather than for JSON. A client that takes everything asks for none; of
 * two that weigh the same, the one that is named, or named first, is preferred.
 */
export function prefersHtml(field: string | undefined): boolean {
  if (field === undefined || !/text\//i.test(field)) return false
  const ranges = parseAccept(field)
  const html = preferenceFor(ranges, 'text/html', { charset: 'utf-8' })
  if (html.quality === 0 || html.specificity < 1) return false
  return ['application/problem+json', 'application/json'].every((type) =>
    isPreferred(html, preferenceFor(ranges, type)),
  )
}
