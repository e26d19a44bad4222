import { type IncomingMessage, STATUS_CODES } from 'node:http'
import {
  createSafeLogger,
  type ErrorMiddleware,
  internalError,
  type Logger,
  requestContext,
  runDetached,
  sendProblem,
} from '@alfred/core'
import { describeRefusedError } from './refused-error.ts'

/** The 4xx status that an error of the app or a body parser asks for (`status` or `statusCode`, as http-errors has them). */
function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    const status: unknown = Reflect.get(error, 'status') ?? Reflect.get(error, 'statusCode')
    return Number.isInteger(status) && Number(status) >= 400 && Number(status) < 500
      ? Number(status)
      : undefined
  } catch {
    // A getter that throws asks for no status.
    return undefined
  }
}

/**
 * Answers errors as problem+json, without the error's text: it may show internals or quote the request. Headers set
 * before, CSP and CORS among them, are kept, where Express' own error page drops them.
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
    const { requestId } = requestContext(request)
    const status = clientErrorStatus(error)
    if (status !== undefined) {
      log.debug({ error: describeRefusedError(error), requestId, status }, 'request refused')
      sendProblem(request, response, {
        type: 'about:blank',
        status,
        title: STATUS_CODES[status] ?? 'Client Error',
      })
      return
    }
    log.error({ err: error, requestId }, 'request failed')
    runDetached(
      () => onError?.(error, request),
      (failure) => {
        log.error({ err: failure, requestId }, 'the onError callback failed')
      },
    )
    sendProblem(request, response, internalError)
  }
}
