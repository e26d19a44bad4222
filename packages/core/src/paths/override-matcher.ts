import { createUnanimousAsk, type PathMatcherOptions } from './path-function.ts'
import type { PathMatch } from './path-match.ts'
import { createPrefixTest } from './prefix-test.ts'
import type { RequestMatcher } from './protection-matcher.ts'
import { requestPathReadings } from './request-path-readings.ts'

/**
 * Builds the test for a rule that *replaces* what holds elsewhere, such as other headers for some paths. It holds only
 * when **every** reading of the path matches: a spelling that routers read in several ways keeps what holds elsewhere.
 * A path takes what is below it, whatever the case.
 *
 * For rules that protect there is `createProtectionMatcher`, for those that exempt `createExemptionMatcher`.
 */
export function createOverrideMatcher(match: PathMatch, options: PathMatcherOptions): RequestMatcher {
  if (typeof match === 'function') {
    const allSayYes = createUnanimousAsk(match, true, options)
    return (request) => {
      const readings = requestPathReadings(request)
      return readings !== undefined && allSayYes(readings, request)
    }
  }
  const test = createPrefixTest(match, { dotsEndSegments: false })
  if (test === 'everything') return () => true
  return (request) => requestPathReadings(request)?.lowerCase.every(test) === true
}
