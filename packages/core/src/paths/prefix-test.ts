import { hasNames, parsePathPattern, patternSource, spellings } from './path-pattern.ts'

type PathTest = (lowerCasePath: string) => boolean

const slash = 0x2f

/** Where the segments of a prefix end. */
export interface PrefixTestOptions {
  /**
   * Whether `.` ends a segment as `/` does: Connect takes `/login.x` for a mount at `/login`, and its handler reads the rest,
   * `/.x`. What is below such a mount may remove the dots of `/api./secret`. For rules that protect.
   */
  readonly dotsEndSegments: boolean
}

/** A pattern without `/` at its end; empty when it takes everything. */
function readPrefix(pattern: string): string {
  const { text } = parsePathPattern(pattern)
  return text.endsWith('/') ? text.slice(0, -1) : text
}

/** The source for a prefix whose segments end at `.`, too. Mounts of Connect have no names: a name ends at `/` alone. */
function dottedSource(prefix: string): string {
  const segments = prefix.slice(1).split('/')
  return segments.reduce((source, segment, index) => {
    const isName = segment.startsWith(':')
    const isLast = index === segments.length - 1
    const end = isLast ? (isName ? '(?:/|$)' : '(?:[/.]|$)') : isName ? '/' : String.raw`(?:\.{0,2}/|(?=\.))`
    return source + patternSource(segment) + end
  }, '/')
}

function createPlainTest(prefix: string): PathTest {
  if (hasNames(prefix)) {
    const expression = new RegExp(`^(?:${spellings(prefix).map(patternSource).join('|')})(?:/|$)`, 'i')
    return (path) => expression.test(path)
  }
  const prefixes = spellings(prefix).map((each) => each.toLowerCase())
  return (path) =>
    prefixes.some(
      (each) =>
        path.startsWith(each) && (path.length === each.length || path.charCodeAt(each.length) === slash),
    )
}

function createTest(prefix: string, { dotsEndSegments }: PrefixTestOptions): PathTest {
  const plain = createPlainTest(prefix)
  if (!dotsEndSegments) return plain
  const dotted = new RegExp(`^(?:${spellings(prefix).map(dottedSource).join('|')})`, 'i')
  return (path) => plain(path) || (path.includes('.') && dotted.test(path))
}

/** Compiles paths that take what is below them, whatever the case: the test of one path in lower case. */
export function createPrefixTest(
  match: string | readonly string[],
  options: PrefixTestOptions,
): PathTest | 'everything' {
  const prefixes = (typeof match === 'string' ? [match] : match).map(readPrefix)
  if (prefixes.includes('')) return 'everything'
  const tests = prefixes.map((prefix) => createTest(prefix, options))
  return (path) => tests.some((test) => test(path))
}
