import type { IncomingMessage, ServerResponse } from 'node:http'
import { isThenable } from '../calls/is-thenable.ts'
import { asError } from '../errors/as-error.ts'
import { type Logger, noopLogger } from '../logger.ts'
import { type Problem, problemType, sendProblem } from './problem.ts'
import { requestContext } from '../request/request-context.ts'

/** Passes the request on, or an error to the error handler. */
export type Next = (error?: unknown) => void

/** Connect-shaped middleware on `node:http` types: works in Express 4 and 5, Connect and plain `node:http`. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void

/** Connect-shaped error middleware; Express recognises it by its four parameters. */
export type ErrorMiddleware = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
) => void

/** Answers an error that no error handler takes. */
export type ErrorAnswer = (error: unknown, request: IncomingMessage, response: ServerResponse) => void

/** The answer to an error of the server itself. */
export const internalError: Problem = Object.freeze({
  type: problemType('internal-error'),
  status: 500,
  title: 'Internal Server Error',
  detail: 'The request failed on our side. Quote the request id when you report it.',
})

/** Builds an {@link ErrorAnswer} that logs the error and sends a 500 problem. */
export const createErrorAnswer =
  (logger: Logger): ErrorAnswer =>
  (error, request, response) => {
    logger.error({ err: error, requestId: requestContext(request).requestId }, 'request failed')
    sendProblem(request, response, internalError)
  }

/** Express and Connect name the whole URL so; plain `node:http` has no such property. */
const hasRouter = (request: IncomingMessage): boolean => 'originalUrl' in request

/**
 * Whether the application's continuation takes errors. `() => handle()` on plain `node:http` does not: to call it
 * with an error would run the handler for a request that a layer could not judge.
 */
const takesErrors = (request: IncomingMessage, next: Next): boolean => next.length > 0 || hasRouter(request)

/**
 * Joins middleware into one that runs them in this order.
 *
 * What a layer throws or rejects with goes to `next(error)`. A second call of a layer's `next` is ignored, and so is
 * one that comes when the response has ended. What the application's own continuation throws, and an error that
 * it does not take, is answered by `onError`.
 *
 * @param onError - must not throw
 * @default onError a 500 problem
 */
export function compose(
  layers: readonly Middleware[],
  onError: ErrorAnswer = createErrorAnswer(noopLogger),
): Middleware {
  // What they return is looked at: async ones are common, whatever the type says.
  const calls: readonly ((...parameters: Parameters<Middleware>) => unknown)[] = layers
  return (request, response, next) => {
    const end: (error?: unknown) => unknown = next
    const leave = (error?: unknown): void => {
      if (error !== undefined && error !== null && !takesErrors(request, next)) {
        onError(error, request, response)
        return
      }
      try {
        const result = error === undefined || error === null ? end() : end(error)
        if (isThenable(result)) {
          Promise.resolve(result).catch((failure: unknown) => {
            onError(failure, request, response)
          })
        }
      } catch (failure) {
        onError(failure, request, response)
      }
    }
    const run = (index: number): void => {
      const call = calls[index]
      if (call === undefined) {
        leave()
        return
      }
      let continued = false
      const goOn: Next = (error) => {
        if (continued) return
        continued = true
        if (error !== undefined && error !== null) failWith(leave)(error)
        else if (!response.writableEnded) run(index + 1)
      }
      try {
        const result = call(request, response, goOn)
        if (isThenable(result)) Promise.resolve(result).catch(failWith(goOn))
      } catch (error) {
        failWith(goOn)(error)
      }
    }
    run(0)
  }
}

/**
 * Hands a failure to `next`, as something that no framework takes for "go on": `next(undefined)`, `next(0)` and Express'
 * `next('route')` would let the request pass that a layer could not judge.
 */
export const failWith =
  (next: Next) =>
  (error: unknown): void => {
    next(typeof error === 'object' && error !== null ? error : asError(error))
  }
