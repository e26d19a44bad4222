import type { IncomingMessage } from 'node:http'
import { createUnanimousAsk, type PathMatcherOptions } from './path-function.ts'
import type { PathMatch } from './path-match.ts'
import { createPrefixTest } from './prefix-test.ts'
import { requestPathReadings } from './request-path-readings.ts'

/** Whether a rule applies to a request. */
export type RequestMatcher = (request: IncomingMessage) => boolean

/**
 * Builds the test for a rule that *protects*: that requires, limits, denies or forbids. It holds when **any** reading of
 * the path matches, so that no spelling leads past the rule to a route under it. A path takes what is below it, and what
 * goes on with `.`: a mount of Connect at `/login` takes `/login.x`.
 *
 * A function protects unless it answers `false` to every reading; whatever else it returns, and what it throws, protects.
 * The first such fault is logged.
 *
 * For rules that exempt there is `createExemptionMatcher`.
 *
 * @example
 * ```ts
 * import { createProtectionMatcher, noopLogger } from '@alfred/core'
 *
 * export const needsKey = createProtectionMatcher('/api', { option: 'keys.required', logger: noopLogger })
 * // Holds for /api/chat, /API/chat, /api.x, /%61pi/chat and /public/../api/chat.
 * ```
 */
export function createProtectionMatcher(match: PathMatch, options: PathMatcherOptions): RequestMatcher {
  if (typeof match === 'function') {
    const allSayNo = createUnanimousAsk(match, false, options)
    return (request) => {
      const readings = requestPathReadings(request)
      return readings === undefined || !allSayNo(readings, request)
    }
  }
  const test = createPrefixTest(match, { dotsEndSegments: true })
  if (test === 'everything') return () => true
  return (request) => {
    const readings = requestPathReadings(request)
    return readings === undefined || readings.lowerCase.some(test)
  }
}
