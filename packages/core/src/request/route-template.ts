import type { IncomingMessage } from 'node:http'
import { requestPath } from './request-path.ts'

/** Express and routers like it leave the matched route here; it also survives a handler's throw. */
type RoutedRequest = IncomingMessage & { readonly route?: unknown; readonly baseUrl?: unknown }

/**
 * Answers the route template that served a request, such as `/tenants/:tenantId/users/:userId`, or what is
 * kept for it; `undefined` when no route did.
 *
 * Every answer is made of what the application declared, never of what the client sent.
 */
export type RouteResolver<T = string> = (request: IncomingMessage) => T | undefined

/** What stands before a route under a router that is mounted at a path nobody declared. */
const undeclaredMount = '*'

interface Mount {
  readonly template: string
  readonly depth: number
  readonly pattern: RegExp
}

interface Route<T> {
  readonly template: string
  /** How many segments a path of this route has; `undefined` when that varies. */
  readonly depth: number | undefined
  /** What is kept for the full templates, by mount. */
  readonly mounted: Map<string, T>
  /**
   * What is kept for the template alone, once a request came to it without a mount. An empty `baseUrl` is
   * believed from then on, which is twice as fast as counting; it would be wrong alone where the same router
   * is mounted at `/` and elsewhere, and a handler threw there.
   */
  unmounted: T | undefined
}

function countSegments(path: string): number {
  let end = path.length
  while (end > 0 && path.charCodeAt(end - 1) === 0x2f /* / */) end -= 1
  let count = 0
  for (let index = 0; index < end; index++) {
    if (path.charCodeAt(index) === 0x2f) count += 1
  }
  return count
}

function compileMount(template: string): Mount {
  const segments = template.split('/').filter((segment) => segment !== '')
  const source = segments.map((segment) =>
    segment.startsWith(':') ? '/[^/]+' : `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`,
  )
  return {
    template: `/${segments.join('/')}`,
    depth: segments.length,
    // Routers match without regard to case unless told otherwise.
    pattern: new RegExp(`^${source.join('')}(?:/|$)`, 'i'),
  }
}

/** Wildcards, optional parts and groups, in the syntax of Express 4 and 5. */
const variable = /[*{}()?+]/

function describeRoute<T>(route: object): Route<T> {
  const path: unknown = 'path' in route ? route.path : undefined
  const describe = (template: string, depth: number | undefined): Route<T> => ({
    template,
    depth,
    mounted: new Map(),
    unmounted: undefined,
  })
  if (typeof path === 'string') {
    const template = path === '' ? '/' : path
    return describe(template, variable.test(template) ? undefined : countSegments(template))
  }
  return describe(Array.isArray(path) ? path.map(String).join(',') : String(path), undefined)
}

/**
 * Builds a {@link RouteResolver}.
 *
 * Routers do not say under which template they are mounted: Express' `req.baseUrl` is the raw text of the
 * URL, and empty after a handler threw. What stands before the route is therefore told by counting segments,
 * and named by the first of `mounts` it matches, else by `*`.
 *
 * @param mounts - the templates under which routers are mounted, as `/api` or `/tenants/:tenantId`
 * @param keep - makes, once a template and route, what is answered in the template's place
 */
export function createRouteResolver(mounts: readonly string[]): RouteResolver
export function createRouteResolver<T>(
  mounts: readonly string[],
  keep: (template: string) => T,
): RouteResolver<T>
export function createRouteResolver(
  mounts: readonly string[],
  keep: (template: string) => unknown = (template) => template,
): RouteResolver<unknown> {
  const compiled = mounts.map(compileMount)
  const routes = new WeakMap<object, Route<unknown>>()

  const mountOf = (path: string, depth: number): string => {
    for (const mount of compiled) {
      if (mount.depth === depth && mount.pattern.test(path)) return mount.template
    }
    return undeclaredMount
  }

  const resolveMounted = (known: Route<unknown>, request: IncomingMessage, baseUrl: unknown): unknown => {
    const path = requestPath(request)
    const mountDepth =
      known.depth === undefined
        ? countSegments(typeof baseUrl === 'string' ? baseUrl : '')
        : countSegments(path) - known.depth
    if (mountDepth <= 0) return (known.unmounted ??= keep(known.template))
    const mount = mountOf(path, mountDepth)
    let full = known.mounted.get(mount)
    if (full === undefined) {
      known.mounted.set(mount, (full = keep(mount + (known.template === '/' ? '' : known.template))))
    }
    return full
  }

  return (request) => {
    const { route, baseUrl } = request as RoutedRequest
    if (typeof route !== 'object' || route === null) return undefined
    let known = routes.get(route)
    if (known === undefined) routes.set(route, (known = describeRoute(route)))
    else if (known.unmounted !== undefined && (baseUrl === '' || baseUrl === undefined))
      return known.unmounted
    return resolveMounted(known, request, baseUrl)
  }
}
