import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  beforeHead,
  type ClientAddressResolver,
  createClientAddressResolver,
  createOverrideMatcher,
  createProtectionMatcher,
  type Logger,
  type Middleware,
  type PathMatch,
  type RequestMatcher,
  withCheckedTarget,
} from '@alfred/core'
import { shownValue } from '../csp/csp-template.ts'
import { compilePlan, type HeaderField, type HeaderPlan, type PlanContext } from './header-plan.ts'
import { createNonceSource, rememberNonce } from '../csp/nonce.ts'
import { createUsedNonces } from '../csp/source-reader.ts'
import { createTemplatedHeadHook } from './templated-head.ts'
import type { HeaderLayer, ResolvedHeaders } from './resolved-headers.ts'
import { resolveSecurityHeadersOptions, type SecurityHeadersOptions } from './security-headers-options.ts'
import type { SecurityHeadersPreset } from './security-headers-presets.ts'

/** One header that is sent, and why. */
export interface HeaderExplanation {
  readonly name: string
  /** `'nonce-…'` stands for a nonce, `<function>` for what a function names. */
  readonly value: string
  /** Which connections it is sent on. */
  readonly sentOver: 'any' | 'plain' | 'tls'
  /** Who decided it. */
  readonly from: HeaderLayer
  /** The paths it is sent for, with all below them. @default every path */
  readonly path?: PathMatch
}

/** What {@link SecurityHeaders.explain} returns. */
export interface SecurityHeadersExplanation {
  readonly preset: SecurityHeadersPreset | undefined
  readonly headers: readonly HeaderExplanation[]
  /** The overrides in the order they are tried. */
  readonly overrides: readonly {
    readonly path: PathMatch
    readonly headers: readonly HeaderExplanation[]
  }[]
}

/** Middleware that sets the security headers. */
export interface SecurityHeaders extends Middleware {
  /** The headers that are sent, each with its value and who decided it. For people and tests. */
  explain(): SecurityHeadersExplanation
}

/** The headers of one kind of response, for both kinds of connection. */
interface Variant {
  readonly plain: HeaderPlan
  readonly secure: HeaderPlan
  /** Whether the two differ. */
  readonly asksConnection: boolean
  readonly removesPoweredBy: boolean
  /** `true` for every path. */
  readonly noStore: RequestMatcher | boolean
}

/**
 * Builds the middleware that sets security headers: helmet's, computed once and replayed, and those
 * helmet does not know. Without a preset its headers are helmet's.
 *
 * Put it before everything that answers. Headers set later win over these.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createSecurityHeaders, nonce } from '@alfred/security-headers'
 *
 * const headers = createSecurityHeaders({ preset: 'spa', trustProxy: 1 })
 *
 * createServer((request, response) => {
 *   headers(request, response, () => {
 *     response.setHeader('Content-Type', 'text/html')
 *     response.end(`<script nonce="${nonce(response) ?? ''}">start()</script>`)
 *   })
 * })
 * ```
 */
export function createSecurityHeaders(options?: SecurityHeadersOptions): SecurityHeaders {
  const { preset, headers, overrides, trustProxy, logger } = resolveSecurityHeadersOptions(options)
  const clientAddress = createClientAddressResolver(trustProxy)
  const createNonce = createNonceSource()
  const context: PlanContext = {
    logger,
    createNonce,
    usedNonces: createUsedNonces(),
    createHook: createTemplatedHeadHook(logger),
  }
  const base = compileVariant(headers, context)
  const compiled = overrides.map(({ path, headers: overridden }, index) => ({
    path,
    matches: createOverrideMatcher(path, { option: `headers.overrides[${String(index)}].path`, logger }),
    resolved: overridden,
    variant: compileVariant(overridden, context),
  }))

  const variantFor = (request: IncomingMessage): Variant => {
    for (const { matches, variant } of compiled) {
      if (matches(request)) return variant
    }
    return base
  }

  const warnOfProxy = createProxyWarning(clientAddress, logger)

  // The refusal of a target carries the headers too; no override holds for what cannot be read.
  const goOn = withCheckedTarget((_request, _response, next) => {
    next()
  })
  const middleware: Middleware = (request, response, next) => {
    if (response.headersSent) {
      next()
      return
    }
    const variant = variantFor(request)
    const secure = variant.asksConnection && clientAddress.isSecure(request)
    if (variant.asksConnection && !secure) warnOfProxy(request)
    const plan = secure ? variant.secure : variant.plain
    for (const { field, value } of plan.fixed) response.setHeader(field, value)
    if (plan.templated.length > 0) fillTemplates(plan, request, response, createNonce)
    // Looking is quicker than removing what is not there.
    if (variant.removesPoweredBy && response.getHeader('x-powered-by') !== undefined) {
      response.removeHeader('x-powered-by')
    }
    if (variant.noStore !== false && response.getHeader('cache-control') === undefined) {
      if (variant.noStore === true || variant.noStore(request)) {
        response.setHeader('cache-control', 'no-store')
      }
    }
    goOn(request, response, next)
  }

  return Object.assign(middleware, {
    explain: (): SecurityHeadersExplanation => ({
      preset,
      headers: explainVariant(base, headers),
      overrides: compiled.map(({ path, variant, resolved }) => ({
        path,
        headers: explainVariant(variant, resolved),
      })),
    }),
  })
}

/** Says once that HSTS is left out although a peer claims TLS. Any client can claim it, so once is enough. */
function createProxyWarning(
  clientAddress: ClientAddressResolver,
  logger: Logger,
): (request: IncomingMessage) => void {
  let warned = false
  return (request) => {
    if (warned || request.headers['x-forwarded-proto'] !== 'https' || clientAddress.trustsPeer(request))
      return
    warned = true
    logger.warn(
      {},
      'Strict-Transport-Security is left out: X-Forwarded-Proto says https, and comes from a peer that trustProxy does not name',
    )
  }
}

function fillTemplates(
  plan: HeaderPlan,
  request: IncomingMessage,
  response: ServerResponse,
  createNonce: () => string,
): void {
  let nonce = ''
  if (plan.usesNonce) {
    nonce = createNonce()
    rememberNonce(response, nonce)
  }
  for (const { field, template } of plan.templated) {
    if (template) response.setHeader(field, template(request, response, nonce))
  }
  beforeHead(response, plan.hook)
}

function compileVariant(headers: ResolvedHeaders, context: PlanContext): Variant {
  const plain = compilePlan(headers, false, context)
  const secure = compilePlan(headers, true, context)
  const { cacheControl } = headers
  const { logger } = context
  const option = 'headers.cacheControl.noStore'
  return {
    plain,
    secure,
    asksConnection: describe(plain) !== describe(secure),
    removesPoweredBy: headers.helmet.xPoweredBy,
    noStore:
      cacheControl &&
      (cacheControl.noStore === '/' || createProtectionMatcher(cacheControl.noStore, { option, logger })),
  }
}

const allFields = (plan: HeaderPlan): readonly HeaderField[] => [...plan.fixed, ...plan.templated]

const describe = (plan: HeaderPlan): string =>
  JSON.stringify(allFields(plan).map(({ name, value }) => [name, value]))

function explainVariant(variant: Variant, headers: ResolvedHeaders): HeaderExplanation[] {
  const has = (plan: HeaderPlan, { name, value }: HeaderField): boolean =>
    allFields(plan).some((field) => field.name === name && field.value === value)
  const explain = (field: HeaderField, sentOver: HeaderExplanation['sentOver']): HeaderExplanation => ({
    name: field.name,
    value: shownValue(field.value),
    sentOver,
    from: headers.layers.get(field.key) ?? 'default',
  })
  const explained = [
    ...allFields(variant.secure).map((field) => explain(field, has(variant.plain, field) ? 'any' : 'tls')),
    ...allFields(variant.plain)
      .filter((field) => !has(variant.secure, field))
      .map((field) => explain(field, 'plain')),
  ]
  if (variant.noStore !== false) {
    const from = headers.layers.get('cacheControl') ?? 'default'
    const { cacheControl } = headers
    explained.push({
      name: 'Cache-Control',
      value: 'no-store',
      sentOver: 'any',
      from,
      ...(cacheControl && cacheControl.noStore !== '/' ? { path: cacheControl.noStore } : {}),
    })
  }
  return explained.sort((a, b) => a.name.localeCompare(b.name))
}
