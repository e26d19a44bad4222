import type { IncomingMessage } from 'node:http'
import type { Logger } from '@alfred/core'
import type { AllowedOrigin, OriginCheck } from './cors-options.ts'
import { createOriginMatcher, isOrigin, type TrustedOrigin } from './origin-matcher.ts'

/** Whether an origin is allowed; a promise only when a function makes one. It never rejects. */
export type OriginDecision = (origin: string, request: IncomingMessage) => boolean | Promise<boolean>

/** Compiles the allowed origins: what needs no function is asked first. */
export function createOriginDecision(allowed: readonly AllowedOrigin[], logger: Logger): OriginDecision {
  const matches = createOriginMatcher(allowed.filter((entry): entry is TrustedOrigin => !isCheck(entry)))
  const checks = allowed.filter(isCheck)
  if (checks.length === 0) return matches

  const failed = (error: unknown): false => {
    logger.error({ err: error }, 'a CORS origin function failed; the origin is not allowed')
    return false
  }
  const askFrom = (first: number, origin: string, request: IncomingMessage): boolean | Promise<boolean> => {
    for (const [offset, check] of checks.slice(first).entries()) {
      const answer = ask(check, origin, request, failed)
      if (answer === true) return true
      if (answer === false) continue
      return answer.then((isAllowed) => isAllowed || askFrom(first + offset + 1, origin, request))
    }
    return false
  }
  return (origin, request) => matches(origin) || (isOrigin(origin) && askFrom(0, origin, request))
}

/** Nothing but `true` allows: a function of another contract may answer anything. */
function ask(
  check: OriginCheck,
  origin: string,
  request: IncomingMessage,
  failed: (error: unknown) => false,
): boolean | Promise<boolean> {
  try {
    const answer: unknown = check(origin, request)
    if (typeof answer !== 'object' || answer === null) return answer === true
    return Promise.resolve(answer).then((settled: unknown) => settled === true, failed)
  } catch (error) {
    return failed(error)
  }
}

const isCheck = (entry: AllowedOrigin): entry is OriginCheck => typeof entry === 'function'
