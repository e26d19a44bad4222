import type { IncomingMessage } from 'node:http'
import { createAwaitedFunction, isThenable, readBoolean } from '@alfred/core'
import type { RequestOriginCheck, ResolvedCorsOptions, ResolvedOrigin } from './cors-options.ts'
import { createOriginMatcher, isOrigin, type TrustedOrigin } from '../origins/origin-matcher.ts'

/** Whether an origin is allowed; a promise only when a function makes one. It never rejects. */
export type OriginDecision = (origin: string, request: IncomingMessage) => boolean | Promise<boolean>

/** Compiles the allowed origins: what needs no function is asked first. */
export function createOriginDecision(
  allowed: readonly ResolvedOrigin[],
  { logger, clock, originTimeoutMs }: Pick<ResolvedCorsOptions, 'clock' | 'logger' | 'originTimeoutMs'>,
): OriginDecision {
  const matches = createOriginMatcher(allowed.filter((entry): entry is TrustedOrigin => !isCheck(entry)))
  const checks = allowed.filter(isCheck).map((call) =>
    createAwaitedFunction({
      name: 'cors.origin',
      call,
      // A function of another contract may answer anything.
      read: (answer) => readBoolean('cors.origin', answer),
      fallback: false,
      consequence: 'the origin is not allowed',
      logger,
      clock,
      timeoutMs: originTimeoutMs,
    }),
  )
  if (checks.length === 0) return matches

  const askFrom = (first: number, origin: string, request: IncomingMessage): boolean | Promise<boolean> => {
    for (const [offset, check] of checks.slice(first).entries()) {
      const answer = check(origin, request)
      if (answer === true) return true
      if (isThenable(answer))
        return answer.then((isAllowed) => isAllowed || askFrom(first + offset + 1, origin, request))
    }
    return false
  }
  return (origin, request) => matches(origin) || (isOrigin(origin) && askFrom(0, origin, request))
}

const isCheck = (entry: ResolvedOrigin): entry is RequestOriginCheck['check'] => typeof entry === 'function'
