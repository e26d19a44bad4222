import { type IncomingMessage, STATUS_CODES } from 'node:http'
import {
  type ErrorMiddleware,
  type Logger,
  type Problem,
  problemType,
  requestContext,
  sendProblem,
} from '@alfred/core'

const internalError: Problem = {
  type: problemType('internal-error'),
  status: 500,
  title: 'Internal Server Error',
  detail: 'The request failed on our side. Quote the request id when you report it.',
}

/** The 4xx status that an error of the app or a body parser asks for (`status` or `statusCode`, as http-errors has them). */
function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const status: unknown = Reflect.get(error, 'status') ?? Reflect.get(error, 'statusCode')
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}

/**
 * Answers errors as problem+json. The error's own text stays in the log: it may quote the request or show
 * internals. Headers set before, CSP and CORS among them, are kept, where Express' own error page drops them.
 *
 * @param logger - told of every 5xx with the error, of 4xx at debug level
 * @param onError - told of every 5xx; what it throws is logged
 */
export function createErrorHandler(
  logger: Logger,
  onError?: (error: unknown, request: IncomingMessage) => void,
): ErrorMiddleware {
  // Express knows an error handler by its four parameters.
  return (error, request, response, _next) => {
    const { requestId } = requestContext(request)
    const status = clientErrorStatus(error)
    if (status !== undefined) {
      logger.debug({ err: error, requestId, status }, 'request refused')
      sendProblem(request, response, {
        type: 'about:blank',
        status,
        title: STATUS_CODES[status] ?? 'Client Error',
      })
      return
    }
    logger.error({ err: error, requestId }, 'request failed')
    try {
      onError?.(error, request)
    } catch (failure) {
      logger.error({ err: failure, requestId }, 'the onError callback failed')
    }
    sendProblem(request, response, internalError)
  }
}
