import type { IncomingMessage, ServerResponse } from 'node:http'

/** Passes the request on, or an error to the error handler. */
export type Next = (error?: unknown) => void

/** Connect-shaped middleware on `node:http` types: works in Express 4 and 5, Connect and plain `node:http`. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void

/** Connect-shaped error middleware; Express recognises it by its four parameters. */
export type ErrorMiddleware = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
) => void

/** Joins middleware into one that runs them in this order. */
export function compose(layers: readonly Middleware[]): Middleware {
  return layers.reduceRight<Middleware>(
    (rest, layer) => (request, response, next) => {
      layer(request, response, (error) => {
        if (error === undefined || error === null) rest(request, response, next)
        else next(error)
      })
    },
    (_request, _response, next) => {
      next()
    },
  )
}
