import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ClientAddressResolver,
  compose,
  createErrorAnswer,
  createExemptionMatcher,
  createProtectionMatcher,
  type EventBus,
  failWith,
  type Identity,
  isThenable,
  type Logger,
  type Middleware,
  type Next,
  type PathMatch,
  readOptions,
  requestContext,
  option,
  withCheckedTarget,
} from '@alfred/core'
import type { ClientKeyProblems } from './client-key-problems.ts'
import type { ClientKeyVerdict, ClientKeyVerifier } from './client-key-verifier.ts'
import { scopeRule } from './client-keys-options.ts'
import { readPresentedKey } from './presented-key.ts'

/** What the middleware is made of. */
export interface AuthenticationParts {
  readonly verify: ClientKeyVerifier
  readonly problems: ClientKeyProblems
  readonly addresses: ClientAddressResolver
  readonly prefix: string
  /** The identities that these keys gave: a key of another instance is nobody here. */
  readonly issued: WeakSet<Identity>
  readonly events?: EventBus | undefined
  readonly logger: Logger
}

/** Where keys are asked for. */
export interface AuthenticatedPaths {
  readonly required: PathMatch
  readonly optional?: PathMatch | undefined
}

/** Of a middleware on a route: whatever reaches it needs a key. */
export const everyPath: AuthenticatedPaths = { required: '/' }

/** Builds the middleware that reads keys and puts the identity on the request. */
export function createAuthentication(parts: AuthenticationParts, paths: AuthenticatedPaths): Middleware {
  const { verify, problems, addresses, prefix, issued, events, logger } = parts
  const isRequired = createProtectionMatcher(paths.required, { option: 'clientKeys.required', logger })
  const isOptional = createExemptionMatcher(paths.optional, { option: 'clientKeys.optional', logger })

  const reject = (
    request: IncomingMessage,
    response: ServerResponse,
    verdict: Extract<ClientKeyVerdict, { readonly valid: false }>,
  ): void => {
    const { requestId, clientAddress } = requestContext(request)
    const { reason, retryAfterMs } = verdict
    logger.info({ requestId, clientAddress, reason }, 'a client key was refused')
    events?.emit('client-key.rejected', { reason })
    problems.rejected(request, response, reason, retryAfterMs)
  }

  const conclude = (
    verdict: ClientKeyVerdict,
    request: IncomingMessage,
    response: ServerResponse,
    next: Next,
  ): void => {
    if (!verdict.valid) {
      reject(request, response, verdict)
      return
    }
    const { id, scopes, tenant } = verdict.key
    const identity: Identity = { kind: 'api-key', id, scopes, tenant }
    issued.add(identity)
    requestContext(request).identity = identity
    next()
  }

  const authenticate = withCheckedTarget((request, response, next) => {
    const optional = isOptional(request)
    if (!optional && !isRequired(request)) {
      next()
      return
    }
    const { identity } = requestContext(request)
    // In front of a route that another middleware of these keys stands before.
    if (identity?.kind === 'api-key' && issued.has(identity)) {
      next()
      return
    }
    // RFC 9111 section 3.5 protects answers to Authorization only.
    response.appendHeader('Vary', 'Authorization, X-API-Key')
    const presented = readPresentedKey(request, prefix)
    if (presented === undefined) {
      if (optional || isKnown(identity, issued)) next()
      else problems.missing(request, response)
      return
    }
    if (presented === 'ambiguous') {
      problems.ambiguous(request, response)
      return
    }
    const verdict = verify(presented.text, addresses.address(request))
    if (!isThenable(verdict)) {
      conclude(verdict, request, response, next)
      return
    }
    verdict
      .then((settled) => {
        conclude(settled, request, response, next)
      })
      .catch(failWith(next))
  })
  // A request goes on in the turn of the store's answer, where nobody else catches.
  return compose([authenticate], createErrorAnswer(logger))
}

/** Whether an identity counts here: a user, or a key of ours. */
const isKnown = (identity: Identity | undefined, issued: WeakSet<Identity>): identity is Identity =>
  identity !== undefined && (identity.kind === 'user' || issued.has(identity))

/** Options of `requireScope`. */
export interface RequireScopeOptions {
  /**
   * Let users pass, who have no scopes: identities that were established without a key.
   * @default false
   */
  readonly allowUsers?: boolean | undefined
}

const scopeOptionsRule = option.objectOf<RequireScopeOptions>({ allowUsers: option.boolean() })

/** Builds a middleware that lets those through who have all of `scopes`. */
export function createScopeCheck(
  problems: ClientKeyProblems,
  issued: WeakSet<Identity>,
  scopes: readonly string[],
  options: RequireScopeOptions,
): Middleware {
  readOptions('requireScope', scopes, option.list(scopeRule, { min: 1 }))
  const { allowUsers = false } = readOptions('requireScope', options, scopeOptionsRule)
  return (request, response, next) => {
    const { identity } = requestContext(request)
    if (!isKnown(identity, issued)) {
      problems.missing(request, response)
      return
    }
    const granted = identity.scopes ?? []
    const passes =
      identity.kind === 'user' && allowUsers ? true : scopes.every((scope) => granted.includes(scope))
    if (passes) next()
    else problems.insufficientScope(request, response, scopes)
  }
}
