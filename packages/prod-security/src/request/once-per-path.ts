import type { IncomingMessage } from 'node:http'
import { type Middleware, routedPath } from '@alfred/core'

/**
 * Makes a middleware run once for each path of a request, however often it is mounted. A request passes on at once the
 * second time, unless something rewrote its URL in between: no rule has judged the new path.
 *
 * Express says what a mount cut off, in `baseUrl`. Connect, middie and koa-mount do not: there a path that is the end of
 * the one that was judged is taken for a mount. The price is a rewrite that does nothing but cut a prefix, which no
 * second run judges.
 */
export function oncePerPath(middleware: Middleware): Middleware {
  const seenKey = Symbol('alfred.seen-path')
  return (request: IncomingMessage & { [seenKey]?: string; baseUrl?: unknown }, response, next) => {
    const path = routedPath(request)
    const seen = request[seenKey]
    if (seen === path || (seen !== undefined && request.baseUrl === undefined && isMounted(seen, path))) {
      next()
      return
    }
    request[seenKey] = path
    middleware(request, response, next)
  }
}

/** Whether a path may be what is left of another one below a mount. One of the whole path leaves `/`, one of Connect before a dot `/.x`. */
const isMounted = (whole: string, path: string): boolean =>
  whole.endsWith(path) || (/^\/(?:$|\.)/.test(path) && whole.endsWith(path.slice(1)))
