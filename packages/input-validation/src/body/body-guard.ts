import { AsyncResource } from 'node:async_hooks'
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  AlfredError,
  type BodyOutcome,
  closeAfterAnswer,
  compose,
  createErrorAnswer,
  type Middleware,
  readBody,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import { type BodyGuardOptions, resolveBodyGuardOptions } from './body-guard-options.ts'
import { bodyRefusals, type BodyRefusalCode } from './body-refusal.ts'
import { compileContentTypes } from './content-type.ts'
import { findJsonFault } from './json-fault.ts'

const guarded: unique symbol = Symbol.for('alfred.body-guarded')

/** What the guards of one request know of its body. */
interface GuardedBody {
  readonly bytes: number
  /** The guards that have accepted it. */
  readonly guards: symbol[]
}

/** `_body` is how body parsers tell each other that the body is read; `stream` exists under HTTP/2. */
type BodyRequest = IncomingMessage & {
  body?: unknown
  _body?: boolean
  [guarded]?: GuardedBody
  readonly stream?: { readonly endAfterHeaders?: boolean }
}

function hasBody(request: BodyRequest): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true
  const length = request.headers['content-length']
  if (length !== undefined) return Number(length) !== 0
  return request.httpVersionMajor > 1 && request.stream?.endAfterHeaders !== true
}

/** The value of a body, or why it is none. */
type ParsedBody = { readonly value: unknown } | { readonly refusal: BodyRefusalCode }

/**
 * Builds the middleware that reads JSON bodies in place of a body parser: it looks at the type, the
 * encoding and the size before reading, and at the structure of the text before `JSON.parse`.
 *
 * The parsed value is in `req.body`, and `req._body` is `true`, so that `express.json()` of Express 4 and 5
 * leaves it alone. Requests without a body pass untouched. The body must be an object or an array.
 *
 * Refusals are `application/problem+json` with a `code`: 413 `body-too-large`, 415 `unsupported-content`,
 * 400 `invalid-body`, 408 `body-timeout`. None holds any part of the request.
 *
 * Behind another body guard it holds the body that was read to its own limits too.
 * Behind a body parser it guards nothing, so it then passes an error with the code
 * `ALFRED_VALIDATION_BODY_CONSUMED` to the error handler.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createBodyGuard } from '@alfred/input-validation'
 *
 * const guard = createBodyGuard({ maxBytes: 256 * 1024, skip: '/uploads/*' })
 *
 * createServer((request, response) => {
 *   guard(request, response, () => response.end('ok'))
 * })
 * ```
 */
export function createBodyGuard(options?: BodyGuardOptions): Middleware {
  const { contentTypes, skips, maxBytes, limits, timeoutMs, clock, events, logger } =
    resolveBodyGuardOptions(options)
  const judgeContentType = compileContentTypes(contentTypes)
  const self = Symbol('alfred.body-guard')
  const reading = { maxBytes, timeoutMs, clock }

  const judgeHead = ({ headers }: IncomingMessage): BodyRefusalCode | undefined => {
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return 'content-encoding-unsupported'
    const verdict = judgeContentType(headers['content-type'])
    if (verdict === 'unsupported-type') return 'content-type-unsupported'
    if (verdict === 'unsupported-charset') return 'charset-unsupported'
    return Number(headers['content-length'] ?? 0) > maxBytes ? 'too-large' : undefined
  }

  const parse = (bytes: Buffer): ParsedBody => {
    if (!isUtf8(bytes)) return { refusal: 'invalid-utf8' }
    let text = bytes.toString('utf8')
    if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    const fault = findJsonFault(text, limits)
    if (fault) return { refusal: fault }
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null ? { value } : { refusal: 'not-structured' }
    } catch {
      return { refusal: 'malformed' }
    }
  }

  const refuse = (request: IncomingMessage, response: ServerResponse, code: BodyRefusalCode): void => {
    const problem = bodyRefusals[code]
    events?.emit('validation.rejected', { status: problem.status, code })
    logger.debug({ status: problem.status, code }, 'a request body was refused')
    // RFC 9110 section 12.5.3: tells the client which encodings it may use.
    if (code === 'content-encoding-unsupported') response.setHeader('Accept-Encoding', 'identity')
    if (!request.complete) closeAfterAnswer(request, response, clock)
    sendProblem(request, response, problem)
  }

  /** Holds a body that another guard has read to the limits of this one. */
  const judgeRead = (request: BodyRequest, bytes: number): BodyRefusalCode | undefined => {
    const refusal = judgeHead(request)
    if (refusal) return refusal
    if (bytes > maxBytes) return 'too-large'
    if (request.body === undefined) return undefined
    try {
      return findJsonFault(JSON.stringify(request.body), limits)
    } catch {
      return 'malformed'
    }
  }

  const guard = withCheckedTarget((request: BodyRequest, response, next) => {
    const read = request[guarded]
    if (read?.guards.includes(self) || !hasBody(request) || skips(request)) {
      next()
      return
    }
    if (read) {
      const refusal = judgeRead(request, read.bytes)
      if (refusal) {
        refuse(request, response, refusal)
        return
      }
      read.guards.push(self)
      next()
      return
    }
    if (request._body === true || request.readableDidRead) {
      next(
        new AlfredError(
          'ALFRED_VALIDATION_BODY_CONSUMED',
          'The body was read before the body guard saw it. Mount the guard in front of every body parser.',
          {},
        ),
      )
      return
    }
    const refusal = judgeHead(request)
    if (refusal) {
      refuse(request, response, refusal)
      return
    }
    const conclude = (outcome: BodyOutcome): void => {
      if (outcome === 'aborted') return
      if (typeof outcome === 'string') {
        refuse(request, response, outcome)
        return
      }
      const parsed = outcome.length === 0 ? { value: undefined } : parse(outcome)
      if ('refusal' in parsed) {
        refuse(request, response, parsed.refusal)
        return
      }
      request.body = parsed.value
      request._body = true
      request[guarded] = { bytes: outcome.length, guards: [self] }
      next()
    }
    // The stream's events come from the connection: what follows would lose its span and the application's own context.
    // AsyncLocalStorage.bind() would do it at twenty times the cost.
    const resource = new AsyncResource('AlfredBodyGuard')
    readBody(request, response, reading, (outcome) => {
      resource.runInAsyncScope(conclude, undefined, outcome)
    })
  })
  // A request goes on in the turn of its last byte, where nobody else catches.
  return compose([guard], createErrorAnswer(logger))
}
