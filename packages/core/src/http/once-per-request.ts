import type { Middleware } from './middleware.ts'

/**
 * Makes a middleware run once for each request, however often it is mounted: on an application and on its routers, the
 * second time passes on at once. Another middleware made by this function runs for itself.
 *
 * @example
 * ```ts
 * import { oncePerRequest } from '@alfred/core'
 *
 * let requests = 0
 * export const count = oncePerRequest((_request, _response, next) => {
 *   requests += 1
 *   next()
 * })
 * ```
 */
export function oncePerRequest(middleware: Middleware): Middleware {
  const seenKey = Symbol('alfred.seen')
  return (request: Parameters<Middleware>[0] & { [seenKey]?: true }, response, next) => {
    if (request[seenKey]) {
      next()
      return
    }
    request[seenKey] = true
    middleware(request, response, next)
  }
}
