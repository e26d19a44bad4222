const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A path of a configuration in its parts. */
export interface PathPattern {
  /** Without `/*` and without `/` at its end; empty for everything. */
  readonly text: string
  /** Whether it ends in `/*`. */
  readonly takesBelow: boolean
}

/** Reads a path that `protectedPathsRule` or `exemptPathsRule` accepted. */
export function parsePathPattern(path: string): PathPattern {
  const takesBelow = path.endsWith('/*')
  const text = takesBelow ? path.slice(0, -2) : path
  return { text, takesBelow }
}

/** Whether a segment of a pattern's text is a `:name`. */
export const hasNames = (text: string): boolean => text.includes('/:')

/** The source of a regular expression for a pattern's text; a `:name` is one segment that is not empty. */
export const patternSource = (text: string): string =>
  text
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : escapeRegExp(segment)))
    .join('/')

function decode(text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}

/** A path as it is written in a configuration, decoded, and as clients send it. */
export function spellings(text: string): readonly string[] {
  const decoded = decode(text)
  return [...new Set([text, decoded, encodeURI(decoded)])]
}
