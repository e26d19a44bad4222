import type { IncomingMessage } from 'node:http'
import { type Middleware, type Problem, problemType, sendProblem, withCheckedTarget } from '@alfred/core'
import { judgeQuery, type QueryRefusalCode, type QueryVerdict } from './query-limits.ts'
import {
  type RequestLimitsOptions,
  type ResolvedRequestLimitsOptions,
  resolveRequestLimitsOptions,
} from './request-limits-options.ts'

/** Why a request was refused for its URL or its header; the `code` member of the problem and of the event. */
export type RequestRefusalCode =
  'header-too-long' | 'headers-too-long' | 'too-many-headers' | 'url-too-long' | QueryRefusalCode

const refusal = (
  status: number,
  name: string,
  title: string,
  code: RequestRefusalCode,
  detail: string,
): Problem => Object.freeze({ type: problemType(name), status, title, detail, extensions: { code } })

const query = (code: RequestRefusalCode, detail: string): Problem =>
  refusal(400, 'invalid-query', 'The query is not acceptable', code, detail)

const header = (code: RequestRefusalCode, detail: string): Problem =>
  refusal(431, 'header-too-large', 'The header is too large', code, detail)

/** The answer to each refusal. Nothing in it comes from the request. */
export const requestRefusals: Readonly<Record<RequestRefusalCode, Problem>> = Object.freeze({
  'url-too-long': refusal(
    414,
    'url-too-long',
    'The URL is too long',
    'url-too-long',
    'The URL has more characters than this server reads.',
  ),
  'too-many-parameters': query('too-many-parameters', 'The query has too many parameters.'),
  'too-deep': query('too-deep', 'A parameter has too many brackets in its name.'),
  'repeated-parameter': query('repeated-parameter', 'A parameter is there more than once.'),
  'forbidden-parameter': query('forbidden-parameter', 'A parameter has a name that is not allowed.'),
  'malformed-encoding': query('malformed-encoding', 'The name of a parameter is not properly encoded.'),
  'too-many-headers': header('too-many-headers', 'There are too many header fields.'),
  'header-too-long': header('header-too-long', 'A header field is too long.'),
  'headers-too-long': header('headers-too-long', 'The header fields are too long together.'),
})

function judgeHeaders(
  rawHeaders: readonly string[],
  limits: ResolvedRequestLimitsOptions,
): RequestRefusalCode | undefined {
  if (rawHeaders.length > 2 * limits.maxHeaders) return 'too-many-headers'
  let total = 0
  for (let index = 0; index < rawHeaders.length; index++) {
    const { length } = rawHeaders[index] ?? ''
    // Names and values take turns.
    if (index % 2 === 1 && length > limits.maxHeaderLength) return 'header-too-long'
    total += length
  }
  return total > limits.maxHeadersLength ? 'headers-too-long' : undefined
}

/** What Express keeps of the URL as it came, which `req.query` and `validate` read. */
type RoutedRequest = IncomingMessage & { originalUrl?: string; query?: unknown }

function replaceQuery(
  request: RoutedRequest,
  from: string,
  { query: to, chosen }: Exclude<QueryVerdict, { readonly refusal: unknown }>,
): void {
  const replace = (url: string): string =>
    url.endsWith(`?${from}`) ? `${url.slice(0, -from.length)}${to}` : url
  request.url = replace(request.url ?? '')
  if (request.originalUrl !== undefined) request.originalUrl = replace(request.originalUrl)
  // Express 4 parses the query before any middleware runs; in Express 5 it is a getter on the prototype.
  if (!Object.hasOwn(request, 'query')) return
  const parsed = request.query as Record<string, unknown>
  for (const [name, choice] of chosen) {
    const values = parsed[name]
    if (Array.isArray(values)) parsed[name] = values.at(choice === 'first' ? 0 : -1)
  }
}

/**
 * Builds the middleware that bounds what comes before a body: the URL, the parameters of the query and the
 * header. It answers 414, 400 `invalid-query` or 431 `header-too-large`, with a `code` and without any part of
 * the request.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createRequestLimits } from '@alfred/input-validation'
 * import express from 'express'
 *
 * const app = express()
 * app.use(createRequestLimits({ maxParameters: 20, repeatedByName: { tag: 'list', page: 'last' } }))
 * ```
 */
export function createRequestLimits(options?: RequestLimitsOptions): Middleware {
  const limits = resolveRequestLimitsOptions(options)
  const { maxUrlLength, skips, events, logger } = limits

  const judge = (request: RoutedRequest): RequestRefusalCode | undefined => {
    const url = request.originalUrl ?? request.url ?? ''
    if (url.length > maxUrlLength) return 'url-too-long'
    const refused = judgeHeaders(request.rawHeaders, limits)
    if (refused) return refused
    const start = url.indexOf('?')
    if (start === -1) return undefined
    const query = url.slice(start + 1)
    const verdict = judgeQuery(query, limits)
    if ('refusal' in verdict) return verdict.refusal
    if (verdict.query !== query) replaceQuery(request, query, verdict)
    return undefined
  }

  return withCheckedTarget((request, response, next) => {
    if (skips(request)) {
      next()
      return
    }
    const code = judge(request)
    if (code === undefined) {
      next()
      return
    }
    const problem = requestRefusals[code]
    events?.emit('validation.rejected', { status: problem.status, code })
    logger.debug({ status: problem.status, code }, 'a request was refused for its URL or header')
    sendProblem(request, response, problem)
  })
}
