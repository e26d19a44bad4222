import type { IncomingMessage } from 'node:http'
import {
  createExemptionMatcher,
  existingRequestContext,
  type Middleware,
  printable,
  problemType,
  requestPath,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import { hasAmbientCredentials } from '../origins/ambient-credentials.ts'
import { type CsrfOptions, resolveCsrfOptions } from './csrf-options.ts'
import { knownMethod } from '../origins/known-method.ts'
import { createOriginMatcher } from '../origins/origin-matcher.ts'
import { isolationHeaders, violatesIsolation } from './resource-isolation.ts'
import { needsPreflight } from './needs-preflight.ts'
import { createOwnOrigin, type OwnOrigin } from '../origins/own-origin.ts'
import { addVary } from '../origins/vary.ts'

/**
 * Why a request was refused: `Sec-Fetch-Site` says it comes from another origin of the same site or
 * from another site (or says something unknown), its `Origin` is not the host, the resource is isolated, or CORS
 * allows the origin without credentials and the request carries some.
 */
export type CsrfReason = 'credentials' | 'cross-site' | 'isolated' | 'origin-mismatch' | 'same-site'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Builds the middleware that refuses actions other sites start in a user's browser, without tokens: by
 * what browsers say in `Sec-Fetch-Site` and, where they say nothing, by comparing `Origin` with
 * `Host`. Decides as Go's `net/http.CrossOriginProtection`.
 *
 * GET, HEAD and OPTIONS pass, so they must change nothing. So do requests with neither header: they
 * come from no browser, and carry no cookie its user did not mean to send.
 *
 * What {@link createCors} decided before it holds here too. An origin that it allows with credentials may start actions. One that it
 * allows without (`*` too) may do so by requests of its scripts without cookies, HTTP authentication and client certificate.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { createCsrf } from '@alfred/security-headers'
 *
 * export const csrf = createCsrf({ trustedOrigins: ['https://app.example.com'], bypass: '/webhooks/*' })
 * ```
 */
export function createCsrf(options?: CsrfOptions): Middleware {
  const resolved = resolveCsrfOptions(options)
  const { trustedOrigins, bypass, mode, resourceIsolation, events, logger } = resolved
  const isOwnOrigin = createOwnOrigin(resolved)
  const isTrustedOrigin = createOriginMatcher(trustedOrigins)
  const isBypassed = createExemptionMatcher(bypass, { option: 'csrf.bypass', logger })
  const isOpen =
    resourceIsolation &&
    createExemptionMatcher(resourceIsolation.except, { option: 'csrf.resourceIsolation.except', logger })
  const reportOnly = mode === 'report'

  const isExempt = (request: IncomingMessage): boolean => {
    const { origin } = request.headers
    if (origin !== undefined && isTrustedOrigin(origin)) return true
    return isAllowedByCors(request) || isBypassed(request)
  }

  const refusal = (request: IncomingMessage): CsrfReason | undefined => {
    const action = safeMethods.has(request.method ?? '') ? undefined : crossOriginReason(request, isOwnOrigin)
    if (action !== undefined && !isExempt(request)) {
      return isPublicToScripts(request) ? 'credentials' : action
    }
    if (!isOpen || !violatesIsolation(request)) return undefined
    return isExempt(request) || isOpen(request) ? undefined : 'isolated'
  }

  return withCheckedTarget((request, response, next) => {
    if (isOpen) addVary(response, isolationHeaders)
    const reason = refusal(request)
    if (reason === undefined) {
      next()
      return
    }
    const method = knownMethod(request.method)
    events?.emit('csrf.denied', { method, reason, reportOnly })
    const { origin = '' } = request.headers
    logger.warn(
      {
        method,
        reason,
        reportOnly,
        origin: printable(origin),
        path: printable(requestPath(request)),
        cors: existingRequestContext(request)?.corsDecision ?? 'undecided',
      },
      reportOnly ? 'a cross-origin request would be refused' : 'a cross-origin request was refused',
    )
    if (reportOnly) {
      next()
      return
    }
    sendProblem(request, response, {
      type: problemType('cross-origin-request'),
      status: 403,
      title: 'Cross-origin request refused',
      detail: 'This action can only be started from the pages of this site.',
    })
  })
}

/** Why an unsafe request does not come from this origin; `undefined` when it does, or comes from no browser. */
function crossOriginReason(request: IncomingMessage, isOwnOrigin: OwnOrigin): CsrfReason | undefined {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === 'same-origin' || site === 'none') return undefined
  if (site !== undefined && site !== '') return site === 'same-site' ? 'same-site' : 'cross-site'
  if (origin === undefined || origin === '' || isOwnOrigin(origin, request)) return undefined
  return 'origin-mismatch'
}

/**
 * Whether CORS lets scripts of the request's origin use the answer without credentials. A form or a blind request is
 * no use of CORS: it signs a user in as somebody else, say, and needs no answer. Without `Sec-Fetch-Mode`, which browsers
 * leave out over plain HTTP, only what no form can send is certain to come from a script.
 */
function isPublicToScripts(request: IncomingMessage): boolean {
  if (existingRequestContext(request)?.corsDecision !== 'allowed') return false
  const { 'sec-fetch-mode': mode } = request.headers
  return mode === undefined || mode === '' ? needsPreflight(request) : mode === 'cors'
}

/** Whether the decision of CORS covers the request: simple requests carry cookies whatever CORS says of credentials. */
const isAllowedByCors = (request: IncomingMessage): boolean =>
  existingRequestContext(request)?.corsDecision === 'allowed-with-credentials' ||
  (isPublicToScripts(request) && !hasAmbientCredentials(request))
