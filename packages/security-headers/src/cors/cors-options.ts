import { type IncomingMessage, METHODS } from 'node:http'
import {
  closestName,
  isPlainObject,
  observed,
  option,
  type OptionRule,
  type Options,
  type ProblemReport,
  readOptions,
  type Resolved,
  trustProxyRule,
} from '@alfred/core'
import { corsPeers } from './cors-peers.ts'
import {
  exactOriginRule,
  isPlainHttp,
  type TrustedOrigin,
  trustedOriginRule,
} from '../origins/origin-matcher.ts'

/**
 * Decides about one origin. It is asked for well-formed origins alone, never for `null`. Nothing but `true` allows: a
 * throw, a rejection, any other value and a promise that takes longer than `originTimeoutMs` deny.
 */
export type OriginCheck = (origin: string) => boolean | Promise<boolean>

/**
 * An {@link OriginCheck} that needs the request as well. It is named, so that a function of the cors package, which takes
 * a callback in the same place, is not taken for one.
 */
export interface RequestOriginCheck {
  /** Whether a page of this origin may read the answer to this request. */
  readonly check: (origin: string, request: IncomingMessage) => boolean | Promise<boolean>
}

/** What may read the answers: an origin, a pattern or a function. */
export type AllowedOrigin = TrustedOrigin | OriginCheck | RequestOriginCheck

/** The same after the check. */
export type ResolvedOrigin = TrustedOrigin | RequestOriginCheck['check']

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Methods that Node parses, and CONNECT, TRACE and TRACK, which no page may send (Fetch standard, section 2.2.1). */
const methods = new Set(METHODS)
const forbiddenMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

const headerNames = option.list(option.string({ pattern: token, hint: 'a header name' }))
const methodToken = option.string({ pattern: token, hint: 'a method such as PUT' })

const methodRule: OptionRule<string> = (value, report) => {
  const method = methodToken(value, report)
  if (method === undefined) return undefined
  if (forbiddenMethods.has(method.toUpperCase())) {
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must not be a method that browsers never send.')
  } else if (!methods.has(method)) {
    const meant = closestName(method.toUpperCase(), METHODS)
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be a method that Node parses, in capitals.', meant)
  }
  return method
}

const requestCheckRule = option.object({ check: option.function<RequestOriginCheck['check']>() })

const allowedOriginRule: OptionRule<ResolvedOrigin> = (value, report) => {
  if (typeof value === 'function') {
    const check = option.function<OriginCheck>()(value, report)
    if (check === undefined || check.length < 2) return check
    report.add(
      'ALFRED_CONFIG_WRONG_TYPE',
      'must take the origin alone and return whether it is allowed: no callback is called. Give { check } for one that takes the request.',
    )
    return undefined
  }
  if (isPlainObject(value)) return requestCheckRule(value, report)?.check
  return trustedOriginRule(value, report)
}

/** Nobody, somebody or everybody (`*`), as it was written. */
type WrittenOrigin = ResolvedOrigin | readonly ResolvedOrigin[]

const originRule = option.custom<WrittenOrigin, AllowedOrigin | readonly AllowedOrigin[]>((value, report) => {
  if (value === '*') return value
  if (value === true) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not be true, which allows every origin by name; list the origins.',
    )
    return undefined
  }
  return Array.isArray(value)
    ? option.list(allowedOriginRule)(value, report)
    : allowedOriginRule(value, report)
})

const corsRule = option
  .object(
    {
      /**
       * Who may read the answers: `'*'` for everybody, or origins, `https://*.example.com`, anchored
       * expressions and functions, alone or in a list. An empty list allows no other origin.
       */
      origin: originRule,
      /**
       * Whether browsers may send cookies along and read the answer. Not possible with `'*'`.
       *
       * @default false
       */
      credentials: option.boolean().default(false),
      /** What pages may send. @default ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'] */
      methods: option.list(methodRule, { min: 1 }).default(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']),
      /**
       * Request headers a page may set. `Last-Event-ID` is what event streams over `fetch` resume with.
       *
       * @default ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'traceparent', 'X-API-Key',
       * 'X-CSRF-Token', 'X-Requested-With']
       */
      allowedHeaders: headerNames.default([
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'Last-Event-ID',
        'traceparent',
        'X-API-Key',
        'X-CSRF-Token',
        'X-Requested-With',
      ]),
      /**
       * `reflect` allows an allowed origin every request header it asks for, in place of `allowedHeaders`.
       *
       * @default 'listed'
       */
      requestedHeaders: option.oneOf('listed', 'reflect').default('listed'),
      /**
       * The status of an answer to an allowed preflight. Old set-top boxes choke on 204.
       *
       * @default 204
       */
      optionsSuccessStatus: option.integer({ min: 200, max: 299 }).default(204),
      /**
       * Whether an allowed preflight goes on to the app, with the headers set, which must answer it.
       *
       * @default false
       */
      preflightContinue: option.boolean().default(false),
      /**
       * Response headers a page may read.
       *
       * @default ['Retry-After', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id']
       */
      exposedHeaders: headerNames.default(['Retry-After', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id']),
      /**
       * Seconds a browser may keep the answer to a preflight. Chromium caps it at 7200, Firefox at 86400.
       *
       * @default 600
       */
      maxAge: option.integer({ min: 0, max: 86_400 }).default(600),
      /**
       * Request headers, beside `Origin`, that the functions of `origin` read: caches keep an answer for each of their
       * values.
       *
       * @default []
       */
      vary: headerNames.default([]),
      /**
       * How long the promise of an origin function may take, in milliseconds; then the origin is denied.
       *
       * @default 2000
       */
      originTimeoutMs: option.integer({ min: 1, max: 60_000 }).optional(),
      /**
       * This server's own origins as browsers know them, where neither `Host` nor a trusted `X-Forwarded-Host` names
       * them: a proxy that replaces `Host` or leaves its port out.
       *
       * @default []
       */
      publicOrigins: option.list(exactOriginRule).default([]),
      /**
       * The proxies whose `X-Forwarded-Host` is believed.
       *
       * @default false
       */
      trustProxy: trustProxyRule.default(false),
      /** Receives `cors.denied`. */
      events: observed.events,
      /**
       * Logs what is denied, with origin and path, and origin functions that fail, once for each kind of failure.
       *
       * @default discards everything
       */
      logger: observed.logger,
      /** @default the machine's own time */
      clock: observed.clock,
    },
    { peers: corsPeers },
  )
  .check(({ origin = [], credentials, originTimeoutMs, ...headers }, report) => {
    if (originTimeoutMs !== undefined && !asksFunction(origin)) {
      report.at('originTimeoutMs').add('ALFRED_CONFIG_CONFLICT', 'does nothing without a function in origin.')
    }
    if (headers.vary.length > 0 && !asksFunction(origin)) {
      report.at('vary').add('ALFRED_CONFIG_CONFLICT', 'does nothing without a function in origin.')
    }
    if (credentials) checkCredentials({ origin, ...headers }, report)
  })
  .map(({ origin, originTimeoutMs = 2000, ...read }) =>
    Object.freeze({
      ...read,
      origin: origin === '*' ? origin : entriesOf(origin),
      originTimeoutMs,
    }),
  )

/** Options of {@link createCors}. */
export interface CorsOptions extends Options<typeof corsRule> {}

/** Checked options; `'*'` as `origin` allows everybody. */
export type ResolvedCorsOptions = Resolved<typeof corsRule>

const entriesOf = (origin: ResolvedOrigin | readonly ResolvedOrigin[]): readonly ResolvedOrigin[] =>
  [origin].flat()

/** Whether a function decides. An origin that was refused is reported alone. */
function asksFunction(origin: WrittenOrigin): boolean {
  if (origin === '*') return false
  const entries = entriesOf(origin)
  return entries.length === 0 || entries.some((entry) => typeof entry === 'function')
}

interface WithCredentials {
  readonly origin: WrittenOrigin
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
}

/** Fetch standard: with credentials `*` is no wildcard, so browsers would match it literally. */
function checkCredentials({ origin, ...headers }: WithCredentials, report: ProblemReport): void {
  const at = report.at('origin')
  if (origin === '*') at.add('ALFRED_CONFIG_UNSAFE', 'must not be * with credentials: name the origins.')
  for (const [index, entry] of (origin === '*' ? [] : entriesOf(origin)).entries()) {
    if (typeof entry === 'function' || !isPlainHttp(entry)) continue
    // Whoever can change what a page of plain HTTP says reads the answers with the user's cookies.
    const entryReport = Array.isArray(origin) ? at.at(index) : at
    entryReport.add(
      'ALFRED_CONFIG_UNSAFE',
      'must be https:// with credentials: anybody on the network can be an http:// origin.',
    )
  }
  for (const key of ['allowedHeaders', 'exposedHeaders'] as const) {
    if (headers[key].includes('*')) {
      report.at(key).add('ALFRED_CONFIG_CONFLICT', 'must not hold * with credentials: name the headers.')
    }
  }
}

/** Checks the options and adds the defaults. */
export const resolveCorsOptions = (options: CorsOptions): ResolvedCorsOptions =>
  readOptions('cors', options, corsRule)
