import { type Middleware, routedPath } from '@alfred/core'

/**
 * Makes a middleware run once for each path of a request, however often it is mounted. A request passes on at once the
 * second time, unless something rewrote its URL in between: no rule has judged the new path.
 */
export function oncePerPath(middleware: Middleware): Middleware {
  const seenKey = Symbol('alfred.seen-path')
  return (request: Parameters<Middleware>[0] & { [seenKey]?: string }, response, next) => {
    const path = routedPath(request)
    if (request[seenKey] === path) {
      next()
      return
    }
    request[seenKey] = path
    middleware(request, response, next)
  }
}
