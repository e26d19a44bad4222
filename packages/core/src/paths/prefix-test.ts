import { hasNames, parsePathPattern, patternSource, spellings } from './path-pattern.ts'

type PathTest = (lowerCasePath: string) => boolean

const slash = 0x2f

/** A pattern without `/` at its end; empty when it takes everything. */
function readPrefix(pattern: string): string {
  const { text } = parsePathPattern(pattern)
  return text.endsWith('/') ? text.slice(0, -1) : text
}

function createTest(prefix: string): PathTest {
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

/** Compiles paths that take what is below them, whatever the case: the test of one path in lower case. */
export function createPrefixTest(match: string | readonly string[]): PathTest | 'everything' {
  const prefixes = (typeof match === 'string' ? [match] : match).map(readPrefix)
  if (prefixes.includes('')) return 'everything'
  const tests = prefixes.map(createTest)
  return (path) => tests.some((test) => test(path))
}
