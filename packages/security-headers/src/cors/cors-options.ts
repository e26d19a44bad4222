import { type IncomingMessage, METHODS } from 'node:http'
import {
  type Clock,
  clockRule,
  closestName,
  type EventBus,
  eventBusRule,
  isPlainObject,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type ProblemReport,
  readOptions,
  systemClock,
} from '@alfred/core'
import { corsPeers } from './cors-peers.ts'
import { isPlainHttp, type TrustedOrigin, trustedOriginRule } from '../origins/origin-matcher.ts'

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
  readonly check: (origin: string, request: IncomingMessage) => boolean | Promise<boolean>
}

/** What may read the answers: an origin, a pattern or a function. */
export type AllowedOrigin = TrustedOrigin | OriginCheck | RequestOriginCheck

/** The same after the check. */
export type ResolvedOrigin = TrustedOrigin | RequestOriginCheck['check']

/** Options of {@link createCors}. */
export interface CorsOptions {
  /**
   * Who may read the answers: `'*'` for everybody, or origins, `https://*.example.com`, anchored
   * expressions and functions, alone or in a list. An empty list allows no other origin.
   */
  readonly origin: AllowedOrigin | readonly AllowedOrigin[]
  /**
   * Whether browsers may send cookies along and read the answer. Not possible with `'*'`.
   *
   * @default false
   */
  readonly credentials?: boolean | undefined
  /** @default ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'] */
  readonly methods?: readonly string[] | undefined
  /**
   * Request headers a page may set. `Last-Event-ID` is what event streams over `fetch` resume with.
   *
   * @default ['Authorization', 'Content-Type', 'Last-Event-ID', 'X-API-Key', 'X-Requested-With']
   */
  readonly allowedHeaders?: readonly string[] | undefined
  /**
   * Response headers a page may read.
   *
   * @default ['Retry-After', 'RateLimit', 'RateLimit-Policy']
   */
  readonly exposedHeaders?: readonly string[] | undefined
  /**
   * Seconds a browser may keep the answer to a preflight. Chromium caps it at 7200, Firefox at 86400.
   *
   * @default 600
   */
  readonly maxAge?: number | undefined
  /**
   * How long the promise of an origin function may take, in milliseconds; then the origin is denied.
   *
   * @default 2000
   */
  readonly originTimeoutMs?: number | undefined
  /** Receives `cors.denied`. */
  readonly events?: EventBus | undefined
  /**
   * Logs what is denied, with origin and path, and origin functions that fail, once for each kind of failure.
   *
   * @default noopLogger
   */
  readonly logger?: Logger | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
}

/** Checked options. */
export interface ResolvedCorsOptions {
  /** `'*'` allows everybody. */
  readonly origin: '*' | readonly ResolvedOrigin[]
  readonly credentials: boolean
  readonly methods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAge: number
  readonly originTimeoutMs: number
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

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

const methodNames = option.list(methodRule, { min: 1 })

const requestCheckRule = option.objectOf<RequestOriginCheck>(
  { check: option.function<RequestOriginCheck['check']>() },
  { required: ['check'] },
)

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

const originRule: OptionRule<'*' | readonly ResolvedOrigin[]> = (value, report) => {
  if (value === '*') return value
  if (value === true) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not be true, which allows every origin by name; list the origins.',
    )
    return undefined
  }
  if (!Array.isArray(value)) {
    const single = allowedOriginRule(value, report)
    return single === undefined ? undefined : [single]
  }
  return option.list(allowedOriginRule)(value, report)
}

interface ReadCorsOptions {
  /** Refused ones are left out. */
  origin?: '*' | readonly ResolvedOrigin[]
  credentials?: boolean
  methods?: readonly string[]
  allowedHeaders?: readonly string[]
  exposedHeaders?: readonly string[]
  maxAge?: number
  originTimeoutMs?: number
  events?: EventBus
  logger?: Logger
  clock?: Clock
}

const corsRule: OptionRule<ResolvedCorsOptions> = (value, report) => {
  const read = option.objectOf<ReadCorsOptions>(
    {
      origin: originRule,
      credentials: option.boolean(),
      methods: methodNames,
      allowedHeaders: headerNames,
      exposedHeaders: headerNames,
      maxAge: option.integer({ min: 0, max: 86_400 }),
      originTimeoutMs: option.integer({ min: 1, max: 60_000 }),
      events: eventBusRule,
      logger: loggerRule,
      clock: clockRule,
    },
    { required: ['origin'], peers: corsPeers },
  )(value, report)
  if (!read) return undefined
  const resolved = {
    origin: read.origin ?? [],
    credentials: read.credentials ?? false,
    methods: read.methods ?? ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'],
    allowedHeaders: read.allowedHeaders ?? [
      'Authorization',
      'Content-Type',
      'Last-Event-ID',
      'X-API-Key',
      'X-Requested-With',
    ],
    exposedHeaders: read.exposedHeaders ?? ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
    maxAge: read.maxAge ?? 600,
    originTimeoutMs: read.originTimeoutMs ?? 2000,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  }
  const isList = isPlainObject(value) && Array.isArray(value['origin'])
  if (read.originTimeoutMs !== undefined && !asksFunction(resolved.origin)) {
    report.at('originTimeoutMs').add('ALFRED_CONFIG_CONFLICT', 'does nothing without a function in origin.')
  }
  if (resolved.credentials) checkCredentials(resolved, isList, report)
  return Object.freeze(resolved)
}

/** Whether a function decides. An origin that was refused is reported alone. */
const asksFunction = (origin: ResolvedCorsOptions['origin']): boolean =>
  origin !== '*' && (origin.length === 0 || origin.some((entry) => typeof entry === 'function'))

/** Fetch standard: with credentials `*` is no wildcard, so browsers would match it literally. */
function checkCredentials(options: ResolvedCorsOptions, isList: boolean, report: ProblemReport): void {
  if (options.origin === '*') {
    report.at('origin').add('ALFRED_CONFIG_UNSAFE', 'must not be * with credentials: name the origins.')
  }
  for (const [index, entry] of (options.origin === '*' ? [] : options.origin).entries()) {
    if (typeof entry === 'function' || !isPlainHttp(entry)) continue
    // Whoever can change what a page of plain HTTP says reads the answers with the user's cookies.
    const at = isList ? report.at('origin').at(index) : report.at('origin')
    at.add(
      'ALFRED_CONFIG_UNSAFE',
      'must be https:// with credentials: anybody on the network can be an http:// origin.',
    )
  }
  for (const key of ['allowedHeaders', 'exposedHeaders'] as const) {
    if (options[key].includes('*')) {
      report.at(key).add('ALFRED_CONFIG_CONFLICT', 'must not hold * with credentials: name the headers.')
    }
  }
}

/** Checks the options and adds the defaults. */
export function resolveCorsOptions(options: CorsOptions): ResolvedCorsOptions {
  return readOptions('cors', options, corsRule)
}
