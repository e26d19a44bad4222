import type { IncomingMessage } from 'node:http'
import {
  createExemptionMatcher,
  createProtectionMatcher,
  type Middleware,
  noopLogger,
  type RequestMatcher,
  requestPath,
} from '@alfred/core'
import { alfredHardening } from '@alfred/prod-security'

/** A route of every server, and the rules that its requests must have met. */
export interface TargetRoute {
  /** As Express, Fastify and Koa write it; Hono has the same syntax. */
  readonly path: string
  /** Above it stands a protected prefix of this name. */
  readonly protectedBy: readonly string[]
  /** An exemption of this name may let its requests past. */
  readonly exemptBy: readonly string[]
}

const route = (
  path: string,
  protectedBy: readonly string[] = [],
  exemptBy: readonly string[] = [],
): TargetRoute => ({
  path,
  protectedBy,
  exemptBy,
})

/** The routes, the more specific ones first. */
export const targetRoutes: readonly TargetRoute[] = [
  route('/api/status', ['/api'], ['/api/status']),
  route('/api/secret', ['/api']),
  route('/api/users/:id', ['/api', '/api/users/:id']),
  route('/api', ['/api']),
  route('/admin/panel', ['/admin']),
  route('/login', ['/login']),
  route('/public/:file', [], ['/public/*']),
  route('/public/docs/:file', [], ['/public/*']),
  route('/hooks/:name', [], ['/hooks/:name']),
  route('/open'),
  route('/'),
]

const protections = ['/api', '/api/users/:id', '/admin', '/login']
const exemptions = ['/api/status', '/public/*', '/hooks/:name']

/** The rules that a request met. */
export interface Verdict {
  readonly protectedBy: readonly string[]
  readonly exemptBy: readonly string[]
}

const options = { option: 'test', logger: noopLogger }

const named = (names: readonly string[], create: (name: string) => RequestMatcher) =>
  names.map((name) => ({ name, matches: create(name) }))

function createJudge(
  protect: (name: string) => RequestMatcher,
  exempt: (name: string) => RequestMatcher,
): (request: IncomingMessage) => Verdict {
  const protecting = named(protections, protect)
  const exempting = named(exemptions, exempt)
  return (request) => ({
    protectedBy: protecting.filter(({ matches }) => matches(request)).map(({ name }) => name),
    exemptBy: exempting.filter(({ matches }) => matches(request)).map(({ name }) => name),
  })
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Compares nothing but the path as it came, without regard to case: what a guard does that knows no other reading. */
function rawMatcher(name: string): RequestMatcher {
  const below = escaped(name.replace(/\/\*$/, '')).replace(/:\w+/g, '[^/]+')
  const pattern = new RegExp(`^${below}(?:/|$)`, 'i')
  return (request) => pattern.test(requestPath(request))
}

const verdicts = new WeakMap<IncomingMessage, Verdict>()

/** The rules that a request met; `undefined` when it never came to the guard. */
export const verdictOn = (request: IncomingMessage): Verdict | undefined => verdicts.get(request)

const recordWith =
  (judge: (request: IncomingMessage) => Verdict): Middleware =>
  (request, _response, next) => {
    verdicts.set(request, judge(request))
    next()
  }

/** The stack's first layer alone, and behind it the rules. */
export function createTargetGuard(): Middleware {
  const head = alfredHardening({
    allowedHosts: false,
    headers: false,
    csrf: false,
    rateLimit: false,
    requestLimits: false,
    bodyGuard: false,
    health: false,
    metrics: false,
    tracing: false,
  })
  const record = recordWith(
    createJudge(
      (name) => createProtectionMatcher(name, options),
      (name) => createExemptionMatcher(name, options),
    ),
  )
  return (request, response, next) => {
    head(request, response, (error) => {
      if (error === undefined) record(request, response, next)
      else next(error)
    })
  }
}

/** A guard that reads the path in one way only, and refuses nothing: the control. */
export const createRawGuard = (): Middleware => recordWith(createJudge(rawMatcher, rawMatcher))
