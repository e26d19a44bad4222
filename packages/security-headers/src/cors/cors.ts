import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  beforeHead,
  compose,
  createErrorAnswer,
  failWith,
  type HeadHook,
  type Middleware,
  type Next,
  printable,
  requestContext,
  requestPath,
} from '@alfred/core'
import { hasAmbientCredentials } from '../origins/ambient-credentials.ts'
import { createOriginDecision } from './cors-decision.ts'
import { type CorsOptions, type ResolvedCorsOptions, resolveCorsOptions } from './cors-options.ts'
import { knownMethod } from '../origins/known-method.ts'
import { createOwnOrigin } from '../origins/own-origin.ts'
import { addVary, mergeVary } from '../origins/vary.ts'
import { recordAnswer } from './recorded-answer.ts'

/** Middleware that answers cross-origin requests. */
export interface Cors extends Middleware {
  /**
   * Whether a WebSocket upgrade may go on. Browsers apply no CORS to WebSockets and middleware sees no
   * `upgrade` event, so the server asks here and closes the socket on `false`. The answer is a promise
   * only when an origin function makes one.
   *
   * A request without `Origin` comes from no browser and passes. Where every origin is allowed (`*`)
   * one that carries cookies or other ambient credentials is refused: it would act for the user.
   */
  checkUpgrade(request: IncomingMessage): boolean | Promise<boolean>
}

/**
 * Builds the middleware that tells browsers which other origins may read the answers. A request that
 * is denied gets no permission, and still reaches the app unless it is a preflight: CORS protects
 * answers, {@link createCsrf} protects actions. Preflights end here. The decision stands in
 * `requestContext(request).corsDecision`, where {@link createCsrf} reads it.
 *
 * Put it before everything that may refuse a request, or a browser shows a CORS error instead of the refusal.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createCors } from '@alfred/security-headers'
 *
 * const cors = createCors({ origin: ['https://app.example.com', 'https://*.preview.example.com'] })
 * const server = createServer((request, response) => {
 *   cors(request, response, () => response.end('hello'))
 * })
 *
 * server.on('upgrade', (request, socket) => {
 *   void Promise.resolve(cors.checkUpgrade(request)).then((allowed) => {
 *     if (!allowed) socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
 *   })
 * })
 * ```
 */
export function createCors(options: CorsOptions): Cors {
  const resolved = resolveCorsOptions(options)
  const { origin: allowed, events, logger } = resolved
  const everybody = allowed === '*'
  const allows = resolved.credentials ? 'allowed-with-credentials' : 'allowed'
  const decide = createOriginDecision(everybody ? [] : allowed, resolved)
  const answer = createAnswer(resolved)
  const isOwnOrigin = createOwnOrigin(resolved)
  const vary = varyOf(resolved)

  const deny = (request: IncomingMessage, preflight: boolean): void => {
    const intended = preflight ? request.headers['access-control-request-method'] : request.method
    const method = knownMethod(intended)
    events?.emit('cors.denied', { method, preflight })
    const { origin = '' } = request.headers
    logger.info(
      { method, preflight, origin: printable(origin), path: printable(requestPath(request)) },
      'CORS allows no page of this origin',
    )
  }

  const settle = (
    isAllowed: boolean,
    request: IncomingMessage,
    response: ServerResponse,
    next: Next,
  ): void => {
    const preflight = isPreflight(request)
    requestContext(request).corsDecision = isAllowed ? allows : 'denied'
    if (isAllowed) {
      answer(request, response, next)
      return
    }
    addVary(response, vary)
    deny(request, preflight)
    if (preflight) endPreflight(response)
    else next()
  }

  const middleware: Middleware = (request, response, next) => {
    // Answered already: there is nothing left to allow.
    if (response.headersSent) {
      next()
      return
    }
    const { origin } = request.headers
    if (everybody) {
      if (origin !== undefined) requestContext(request).corsDecision = allows
      answer(request, response, next)
      return
    }
    if (origin === undefined || (!isPreflight(request) && isOwnOrigin(origin, request))) {
      addVary(response, vary)
      next()
      return
    }
    const decision = decide(origin, request)
    if (typeof decision === 'boolean') settle(decision, request, response, next)
    else {
      decision
        .then((isAllowed) => {
          // The client has gone, or the application has answered meanwhile: there is nothing left to allow.
          if (response.headersSent || response.destroyed) return
          settle(isAllowed, request, response, next)
        })
        .catch(failWith(next))
    }
  }

  const checkUpgrade = (request: IncomingMessage): boolean | Promise<boolean> => {
    const { origin } = request.headers
    if (origin === undefined || isOwnOrigin(origin, request)) return true
    const conclude = (isAllowed: boolean): boolean => {
      if (!isAllowed) deny(request, false)
      return isAllowed
    }
    const decision = everybody ? !hasAmbientCredentials(request) : decide(origin, request)
    return typeof decision === 'boolean' ? conclude(decision) : decision.then(conclude)
  }

  // What comes after an origin function runs in its turn, where nobody else catches.
  return Object.assign(compose([middleware], createErrorAnswer(logger)), { checkUpgrade })
}

/** What the decision depends on. */
const varyOf = ({ vary }: ResolvedCorsOptions): string => ['Origin', ...vary].join(', ')

/** Replays what the cors package says to an origin that is allowed. */
function createAnswer(options: ResolvedCorsOptions) {
  const reflects = options.origin !== '*'
  const vary = varyOf(options)
  const [simple, preflight] = [recordAnswer(options, false), recordAnswer(options, true)]
  const keepVary = createVaryKeeper(vary)
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const isAsked = isPreflight(request)
    const { fields, status } = isAsked ? preflight : simple
    const { origin } = request.headers
    if (reflects && origin !== undefined) {
      addVary(response, vary)
      response.setHeader('access-control-allow-origin', origin)
      beforeHead(response, keepVary)
    }
    for (const { field, value } of fields) response.setHeader(field, value)
    if (isAsked && options.requestedHeaders === 'reflect') allowRequested(request, response)
    if (isAsked && options.preflightContinue) response.removeHeader('content-length')
    if (isAsked && !options.preflightContinue) {
      response.statusCode = status
      response.end()
    } else next()
  }
}

/** A list of header names (RFC 9110 section 5.6.1); nothing else is repeated to anybody. */
const nameList = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/
const maxListLength = 4096

function allowRequested(request: IncomingMessage, response: ServerResponse): void {
  addVary(response, 'Access-Control-Request-Headers')
  const requested = request.headers['access-control-request-headers']
  if (requested === undefined || requested.length > maxListLength || !nameList.test(requested)) {
    response.removeHeader('access-control-allow-headers')
  } else response.setHeader('access-control-allow-headers', requested)
}

/** An answer that names one origin is not for others, whatever `Vary` a handler sets in the place of ours. */
const createVaryKeeper =
  (vary: string): HeadHook =>
  (head) => {
    const granted = head.field('access-control-allow-origin')
    if (granted === undefined || granted === '*') return
    const listed = head.field('vary') ?? ''
    const merged = mergeVary(listed, vary)
    if (merged !== listed) head.setField('vary', merged)
  }

/** Fetch standard: an OPTIONS request with these two headers; any other OPTIONS belongs to the app. */
function isPreflight(request: IncomingMessage): boolean {
  const { headers, method } = request
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}

function endPreflight(response: ServerResponse): void {
  response.statusCode = 204
  // Safari waits for a body otherwise.
  response.setHeader('content-length', '0')
  response.end()
}
