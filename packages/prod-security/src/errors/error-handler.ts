import type { IncomingMessage } from 'node:http'
import {
  createSafeLogger,
  type ErrorMiddleware,
  internalError,
  type Logger,
  requestContext,
  runDetached,
  sendProblem,
} from '@alfred/core'
import { readErrorAnswer } from './error-answer.ts'
import { describeRefusedError } from './refused-error.ts'

/**
 * Answers errors as a problem: JSON, or a page where the request prefers HTML. An error's status, headers and exposed message are
 * honoured as http-errors has them. The text of any other error stays in the log: it may quote the request or show
 * internals. Headers set before, CSP and CORS among them, are kept, where Express' own error page drops them.
 *
 * @param logger - receives every 5xx with the error, and every 4xx at debug level with the error's name, type and code
 * @param onError - receives every 5xx; what it throws or rejects with is logged
 */
export function createErrorHandler(
  logger: Logger,
  onError?: (error: unknown, request: IncomingMessage) => unknown,
): ErrorMiddleware {
  const log = createSafeLogger(logger)
  // Express knows an error handler by its four parameters.
  return (error, request, response, _next) => {
    const { requestId, traceId } = requestContext(request)
    const { problem = internalError, headers = {} } = readErrorAnswer(error) ?? {}
    const { status } = problem
    if (status < 500)
      log.debug({ error: describeRefusedError(error), requestId, traceId, status }, 'request refused')
    else {
      log.error({ err: error, requestId, traceId, status }, 'request failed')
      runDetached(
        () => onError?.(error, request),
        (failure) => {
          log.error({ err: failure, requestId, traceId }, 'the onError callback failed')
        },
      )
    }
    if (!response.headersSent) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    }
    sendProblem(request, response, problem)
  }
}
