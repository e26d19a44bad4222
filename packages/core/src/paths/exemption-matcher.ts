import { createUnanimousAsk, type PathMatcherOptions } from './path-function.ts'
import type { PathMatch } from './path-match.ts'
import { hasNames, parsePathPattern, patternSource, spellings } from './path-pattern.ts'
import type { RequestMatcher } from './protection-matcher.ts'
import { requestPathReadings } from './request-path-readings.ts'

type PathTest = (path: string) => boolean

/** A pattern that takes more than one path. */
function createPatternTest(pattern: string): PathTest {
  const { text, takesBelow } = parsePathPattern(pattern)
  const all = spellings(text)
  if (!hasNames(text)) return (path) => all.some((each) => path.startsWith(`${each}/`))
  const expression = new RegExp(`^(?:${all.map(patternSource).join('|')})${takesBelow ? '/' : '$'}`)
  return (path) => expression.test(path)
}

const isSinglePath = (pattern: string): boolean => !hasNames(pattern) && !pattern.endsWith('/*')

function createPathTest(patterns: readonly string[]): PathTest {
  const paths = new Set(patterns.filter(isSinglePath).flatMap(spellings))
  const tests = patterns.filter((pattern) => !isSinglePath(pattern)).map(createPatternTest)
  return (path) => paths.has(path) || tests.some((test) => test(path))
}

/**
 * Builds the test for a rule that *exempts*: that lets a request past a layer. It holds only when **every** reading of the
 * path matches, in the same case, so that no spelling of another route is taken for the exempt one. A path takes itself
 * alone, unless it ends in `/*`.
 *
 * A function exempts when it answers `true` to every reading; whatever else it returns, and what it throws, exempts
 * nothing. The first such fault is logged.
 *
 * For rules that protect there is `createProtectionMatcher`.
 *
 * @example
 * ```ts
 * import { createExemptionMatcher, noopLogger } from '@alfred/core'
 *
 * export const isPublic = createExemptionMatcher(['/status', '/docs/*'], {
 *   option: 'keys.optional',
 *   logger: noopLogger,
 * })
 * // Holds for /status and /docs/a, not for /status/, /STATUS, /docs and /docs/../api.
 * ```
 */
export function createExemptionMatcher(
  match: PathMatch | undefined,
  options: PathMatcherOptions,
): RequestMatcher {
  if (match === undefined) return () => false
  if (typeof match === 'function') {
    const allSayYes = createUnanimousAsk(match, true, options)
    return (request) => {
      const readings = requestPathReadings(request)
      return readings !== undefined && allSayYes(readings, request)
    }
  }
  const patterns = typeof match === 'string' ? [match] : match
  if (patterns.length === 0) return () => false
  const test = createPathTest(patterns)
  return (request) => requestPathReadings(request)?.all.every(test) === true
}
