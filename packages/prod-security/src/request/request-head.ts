import type { IncomingMessage } from 'node:http'
import {
  checkRequestTarget,
  type EventBus,
  type Logger,
  type Middleware,
  type Next,
  type Problem,
  problemType,
  requestContext,
  sendProblem,
} from '@alfred/core'
import type { AllowedHosts } from '@alfred/security-headers'

/** What judges a request before every layer. */
export interface RequestHead {
  /**
   * Answers 400 to a target or a `Host` that cannot be read, and 421 to a host that is not allowed. These answers carry
   * the security headers as all others do.
   */
  readonly middleware: Middleware
  /** Whether a request that no middleware sees, such as an upgrade, would pass. */
  accepts(request: IncomingMessage): boolean
}

/** What {@link createRequestHead} needs. */
export interface RequestHeadOptions {
  readonly allowedHosts: AllowedHosts | undefined
  /** The layer that sets the security headers. */
  readonly headers: Middleware | undefined
  readonly events: EventBus
  readonly logger: Logger
}

const invalidHost = problemType('invalid-host')

/** Builds the first layer of a stack: those behind it, and the router, read one target of every request. */
export function createRequestHead({
  allowedHosts,
  headers,
  events,
  logger,
}: RequestHeadOptions): RequestHead {
  const check = (request: IncomingMessage): Problem | undefined => {
    const problem = checkRequestTarget(request)
    if (!problem) return undefined
    const reason = problem.type === invalidHost ? 'host' : 'target'
    events.emit('request.refused', { reason })
    const { requestId } = requestContext(request)
    logger.debug({ requestId, reason }, 'a request was refused for its target or its Host')
    return problem
  }
  return {
    middleware(request, response, next) {
      // Before the headers, which refuse the same on their own and emit nothing.
      const problem = check(request)
      let proceed: Next = next
      if (problem) {
        proceed = () => {
          sendProblem(request, response, problem)
        }
      } else if (allowedHosts) {
        proceed = () => {
          allowedHosts(request, response, next)
        }
      }
      if (headers) headers(request, response, proceed)
      else proceed()
    },
    accepts(request) {
      if (check(request)) return false
      if (!allowedHosts || allowedHosts.allows(request)) return true
      events.emit('request.refused', { reason: 'host-not-allowed' })
      return false
    },
  }
}
