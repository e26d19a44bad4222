import type { IncomingMessage } from 'node:http'
import { failWith, isPlainObject, isThenable, type Middleware, noopLogger, systemClock } from '@alfred/core'
import { createCors } from './cors.ts'
import type { AllowedOrigin, CorsOptions, RequestOriginCheck } from './cors-options.ts'

/** What an origin option of the cors package may be, alone or in a list. */
export type PeerOrigin = boolean | string | RegExp | readonly (boolean | string | RegExp)[]

/** Receives what an origin function of the cors package decides. */
export type PeerOriginCallback = (error: unknown, origin?: PeerOrigin) => void

/** Options as the cors package takes them. */
export interface PeerCorsOptions {
  /** @default '*' */
  readonly origin?:
    PeerOrigin | ((origin: string | undefined, callback: PeerOriginCallback) => void) | undefined
  /** @default GET, HEAD, PUT, PATCH, POST, DELETE */
  readonly methods?: string | readonly string[] | undefined
  /** @default what the preflight asks for */
  readonly allowedHeaders?: string | readonly string[] | undefined
  /** The older name of `allowedHeaders`. */
  readonly headers?: string | readonly string[] | undefined
  /** @default none */
  readonly exposedHeaders?: string | readonly string[] | undefined
  /** @default false */
  readonly credentials?: boolean | undefined
  /** Seconds. @default 600 */
  readonly maxAge?: number | undefined
  /** @default false */
  readonly preflightContinue?: boolean | undefined
  /** @default 204 */
  readonly optionsSuccessStatus?: number | undefined
}

/** Decides about the options of each request. */
export type PeerCorsDelegate = (
  request: IncomingMessage,
  callback: (error: unknown, options?: PeerCorsOptions) => void,
) => void

/** What {@link createCorsFrom} takes beside the options of the cors package. */
export type CorsFromOptions = Pick<
  CorsOptions,
  'clock' | 'events' | 'logger' | 'originTimeoutMs' | 'publicOrigins'
>

/**
 * Builds the CORS middleware from options of the cors package: `app.use(createCorsFrom(options))` in place of
 * `app.use(cors(options))`. What would let every page act for the user is refused by a message that says what to write
 * (`origin: true` or `'*'` with `credentials`), and so are origins that match nothing.
 *
 * An origin function that calls back with an error, or not in time, denies the origin. Options from a delegate are checked
 * when it names them; wrong ones, an error and none in time are an error of that request. Give it the same object for the same options: each object is
 * checked once.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { createCorsFrom } from '@alfred/security-headers'
 *
 * export const cors = createCorsFrom({
 *   origin: (origin, callback) => {
 *     callback(null, origin === undefined || origin.endsWith('.example.com'))
 *   },
 *   methods: 'GET,POST',
 * })
 * ```
 */
export function createCorsFrom(
  options: PeerCorsDelegate | PeerCorsOptions = {},
  more: CorsFromOptions = {},
): Middleware {
  return typeof options === 'function' ? createDelegated(options, more) : createCors(translate(options, more))
}

function translate(peer: PeerCorsOptions, more: CorsFromOptions): CorsOptions {
  const { origin = '*', methods, allowedHeaders, headers, exposedHeaders, ...rest } = peer
  const named = allowedHeaders ?? headers
  const hasFunction = typeof origin === 'function'
  const { originTimeoutMs, ...others } = more
  return {
    ...others,
    ...rest,
    ...(hasFunction && originTimeoutMs !== undefined ? { originTimeoutMs } : {}),
    origin: originOf(origin, peer.credentials === true),
    ...(methods === undefined ? {} : { methods: listOf(methods).map((method) => method.toUpperCase()) }),
    ...(named === undefined ? { requestedHeaders: 'reflect' } : { allowedHeaders: listOf(named) }),
    exposedHeaders: listOf(exposedHeaders ?? []),
  }
}

const listOf = (names: string | readonly string[]): readonly string[] =>
  typeof names === 'string' ? names.split(',').flatMap((name) => name.trim() || []) : names

function originOf(
  origin: NonNullable<PeerCorsOptions['origin']>,
  credentials: boolean,
): CorsOptions['origin'] {
  if (typeof origin === 'function') return { check: asCheck(origin, credentials) }
  if (origin === false) return []
  // Without credentials it is `*` that varies; with them the rule of `origin` refuses it.
  if (origin === true) return credentials ? (origin as unknown as AllowedOrigin) : '*'
  if (typeof origin === 'string' || origin instanceof RegExp) return origin
  return origin.filter((entry) => entry !== false) as readonly AllowedOrigin[]
}

const asCheck =
  (
    decide: (origin: string | undefined, callback: PeerOriginCallback) => unknown,
    credentials: boolean,
  ): RequestOriginCheck['check'] =>
  (origin) =>
    new Promise((resolve, reject) => {
      const returned = decide(origin, (error, answer) => {
        if (isFailure(error)) {
          reject(
            error instanceof Error
              ? error
              : new Error('the origin function called back with an error', { cause: error }),
          )
        } else if (answer !== '*') resolve(allows(answer ?? false, origin))
        else if (credentials) reject(new Error("'*' with credentials allows no origin: name it"))
        else resolve(true)
      })
      // An async function may fail before it calls back.
      if (isThenable(returned)) Promise.resolve(returned).catch(reject)
    })

/** As the cors package sees it: anything that is true. */
const isFailure = (error: unknown): boolean => error !== null && error !== undefined && error !== false

/** As the cors package reads it. A list may hold each of them. */
function allows(answer: PeerOrigin, origin: string): boolean {
  if (typeof answer === 'boolean') return answer
  if (typeof answer === 'string') return answer === origin
  if (answer instanceof RegExp)
    return new RegExp(answer.source, answer.flags.replace(/[gy]/g, '')).test(origin)
  return answer.some((entry) => allows(entry, origin))
}

function createDelegated(delegate: PeerCorsDelegate, more: CorsFromOptions): Middleware {
  const built = new WeakMap<PeerCorsOptions, Middleware>()
  const { logger = noopLogger, clock = systemClock, originTimeoutMs = 2000 } = more
  const middlewareOf = (options: PeerCorsOptions): Middleware => {
    const known = built.get(options) ?? createCors(translate(options, more))
    built.set(options, known)
    return known
  }
  const ask: (...call: Parameters<PeerCorsDelegate>) => unknown = delegate
  return (request, response, next) => {
    const fail = failWith(next)
    let isAnswered = false as boolean
    const answer = (): boolean => {
      const isFirst = !isAnswered
      isAnswered = true
      timer.cancel()
      return isFirst
    }
    const refuse = (failure: unknown): void => {
      if (!answer()) return
      logger.error({ err: failure }, 'the options of CORS for a request could not be read')
      fail(failure)
    }
    const timer = clock.setTimeout(() => {
      refuse(new Error('the delegate of CORS did not call back in time'))
    }, originTimeoutMs)
    const take = (error: unknown, options?: PeerCorsOptions): void => {
      if (isFailure(error)) {
        refuse(error)
        return
      }
      let middleware: Middleware
      try {
        middleware = middlewareOf(isPlainObject(options) ? options : {})
      } catch (failure) {
        refuse(failure)
        return
      }
      if (answer()) middleware(request, response, next)
    }
    try {
      const returned = ask(request, take)
      // An async delegate may fail before it calls back.
      if (isThenable(returned)) Promise.resolve(returned).catch(refuse)
    } catch (failure) {
      // What comes behind this middleware fails for itself.
      if (isAnswered) throw failure
      refuse(failure)
    }
  }
}
