import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  closeAfterAnswer,
  compose,
  createErrorAnswer,
  type Middleware,
  type Next,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import { type BodyGuardOptions, resolveBodyGuardOptions } from './body-guard-options.ts'
import { bodyRefusals, type BodyRefusalCode } from './body-refusal.ts'
import { boundBody } from './bound-body.ts'
import { type BodyRequest, guardedBody, hasBody, isTaken, markGuarded } from './guarded-body.ts'
import { type HeldBody, holdBody, peekBody } from './hold-body.ts'
import { inflateBody } from './inflate-body.ts'
import { findForeignFault } from './json-body.ts'
import { findJsonFault } from './json-fault.ts'
import { type BodyHead, compileHeadJudge } from './judge-head.ts'
import { hasOwnJsonParser } from './own-json-parser.ts'
import { parseBody, type ReadFormat } from './parse-body.ts'
import { cutConnection, endWithConnection, ignoreLateAnswer } from './stop-reading.ts'

/** What is no JSON that the guard reads, and breaks none of its limits. */
const ofForm: ReadonlySet<BodyRefusalCode> = new Set(['invalid-utf8', 'malformed', 'not-structured'])

/**
 * Builds the middleware that reads JSON bodies, and other `formats` that are named, in place of a body parser: it looks at
 * the type, the encoding and the size before reading, and at the structure of the text before it is parsed.
 *
 * The parsed value is in `req.body`, and `req._body` is `true`. The stream is left as if nobody had read it, so that parsers
 * behind the guard, of any framework, may read the same bytes again; where `rawBody` names the path, they are in
 * `req.rawBody`, too. Requests without a body pass untouched. JSON must be
 * an object or an array.
 *
 * Bodies of other types pass to the parsers that follow, bounded in bytes and time (`otherTypes`). Where the Express application
 * has `express.json()` for every request, JSON that is malformed, no object, or in another charset or encoding is left to
 * it, once its structure is within the limits. What another parser has read before is held to the limits and passed on.
 *
 * Refusals are `application/problem+json` with a `code`: 413 `body-too-large`, 415 `unsupported-content`,
 * 400 `invalid-body`, 408 `body-timeout`, 501 `unsupported-transfer-coding`. None holds any part of the request.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createBodyGuard } from '@alfred/input-validation'
 *
 * const guard = createBodyGuard({ maxBytes: 256 * 1024, otherTypes: 'refuse' })
 *
 * createServer((request, response) => {
 *   guard(request, response, () => response.end('ok'))
 * })
 * ```
 */
export function createBodyGuard(options?: BodyGuardOptions): Middleware {
  const resolved = resolveBodyGuardOptions(options)
  const { skips, keepsRaw, maxBytes, maxInflateRatio, limits, clock, events, logger } = resolved
  const judgeHead = compileHeadJudge(resolved)
  const self = Symbol('alfred.body-guard')
  const holding = { maxBytes, timeoutMs: resolved.timeoutMs, clock }
  const passing = { maxBytes: resolved.maxOtherBytes, timeoutMs: resolved.otherTimeoutMs, clock }
  const accepted = ['identity', ...resolved.contentEncodings].join(', ')

  const refuse = (request: IncomingMessage, response: ServerResponse, code: BodyRefusalCode): void => {
    const problem = bodyRefusals[code]
    events?.emit('validation.rejected', { status: problem.status, code })
    logger.debug({ status: problem.status, code }, 'a request body was refused')
    // RFC 9110 section 12.5.3: tells the client which encodings it may use.
    if (code === 'content-encoding-unsupported') response.setHeader('Accept-Encoding', accepted)
    if (!request.complete) closeAfterAnswer(request, response, clock)
    sendProblem(request, response, problem)
  }

  /** Holds a value that somebody else has parsed to the limits of this guard. */
  const judgeValue = (value: unknown): BodyRefusalCode | undefined => {
    if (value === undefined) return undefined
    try {
      return findJsonFault(JSON.stringify(value), limits)
    } catch {
      return 'malformed'
    }
  }

  const judgeTaken = (request: BodyRequest, bytes: number | undefined): BodyRefusalCode | undefined => {
    const { kind, refusal, isLegible } = judgeHead(request)
    // Whoever has read it knew the charset and the encoding.
    if (refusal !== undefined && !isLegible) return refusal
    if (kind === 'other') return undefined
    return bytes !== undefined && bytes > maxBytes ? 'too-large' : judgeValue(request.body)
  }

  const pass = (request: BodyRequest, response: ServerResponse): void => {
    boundBody(request, passing, (reason) => {
      if (response.headersSent) cutConnection(request)
      else {
        refuse(request, response, reason)
        ignoreLateAnswer(response)
      }
      endWithConnection(request, response)
    })
  }

  /** Judges what was held, and puts its value into `req.body`. */
  const judgeHeld = (
    request: BodyRequest,
    { charset, refusal }: BodyHead,
    format: ReadFormat | undefined,
    bytes: Buffer,
  ): BodyRefusalCode | undefined => {
    if (format === undefined) return undefined
    if (refusal !== undefined) return findForeignFault(bytes, charset, limits)
    const parsed = parseBody(format, bytes, limits)
    if ('value' in parsed) {
      request.body = parsed.value
      request._body = true
      return undefined
    }
    const isTheirs = format === 'json' && ofForm.has(parsed.refusal) && hasOwnJsonParser(request)
    if (!isTheirs) return parsed.refusal
    return findForeignFault(bytes, charset, limits)
  }

  const read = (
    request: BodyRequest,
    response: ServerResponse,
    head: BodyHead,
    format: ReadFormat | undefined,
    next: Next,
  ): void => {
    const accept = (body: HeldBody, bytes: Buffer): void => {
      if (keepsRaw?.(request) === true) request.rawBody = body.bytes
      body.replay()
      markGuarded(request, self, bytes.length)
      next()
    }
    const judge = (body: HeldBody, bytes: Buffer): void => {
      const refusal = judgeHeld(request, head, format, bytes)
      if (refusal) refuse(request, response, refusal)
      else accept(body, bytes)
    }
    const inflate = (body: HeldBody): void => {
      inflateBody(body.bytes, head.encoding, { maxBytes, maxRatio: maxInflateRatio }, (inflated) => {
        if (response.destroyed) return
        if (Buffer.isBuffer(inflated)) judge(body, inflated)
        else if (inflated === 'too-large') refuse(request, response, inflated)
        else if (format === 'json' && hasOwnJsonParser(request)) accept(body, body.bytes)
        else refuse(request, response, 'content-encoding-malformed')
      })
    }
    // The stream's events come from the connection: what follows would lose its span and the application's own context.
    // AsyncLocalStorage.bind() would do it at twenty times the cost.
    const resource = new AsyncResource('AlfredBodyGuard')
    holdBody(request, response, holding, (outcome) => {
      resource.runInAsyncScope(() => {
        if (outcome === 'aborted') return
        if (typeof outcome === 'string') refuse(request, response, outcome)
        else if (head.encoding === '' || outcome.bytes.length === 0 || format === undefined)
          judge(outcome, outcome.bytes)
        else inflate(outcome)
      })
    })
  }

  const guard = withCheckedTarget((request: BodyRequest, response, next) => {
    const known = guardedBody(request)
    if (known?.guards.includes(self) || !hasBody(request) || skips(request)) {
      next()
      return
    }
    const isHeld = known?.bytes !== undefined
    if (isHeld || (!known && isTaken(request))) {
      const refusal = judgeTaken(request, known?.bytes)
      if (refusal) {
        refuse(request, response, refusal)
        return
      }
      if (request.body === undefined && !isHeld) {
        logger.warn(
          {},
          'a body was read before the body guard saw it: mount the guard in front of the parser',
        )
      }
      if (isHeld && keepsRaw?.(request) === true) request.rawBody ??= peekBody(request)
      markGuarded(request, self, known?.bytes)
      next()
      return
    }
    const head = judgeHead(request)
    if (head.refusal !== undefined && !(head.isLegible && hasOwnJsonParser(request))) {
      refuse(request, response, head.refusal)
      return
    }
    if (head.kind !== 'other' || keepsRaw?.(request) === true) {
      read(request, response, head, head.kind === 'other' ? undefined : head.kind, next)
      return
    }
    markGuarded(request, self, undefined)
    pass(request, response)
    if (!response.writableEnded) next()
  })
  // A request goes on in the turn of its last byte, where nobody else catches.
  return compose([guard], createErrorAnswer(logger))
}
