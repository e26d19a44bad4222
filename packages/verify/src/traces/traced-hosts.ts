import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Middleware } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { idOf, ownContext } from './spanning-handler.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A little application: what stands in front, what stands in front of the route, and the route. */
export interface TracedApp {
  readonly guard: Middleware
  readonly validation: Middleware
  readonly handler: Handler
}

/** The application's own context, as a middleware of its own has it. */
const inOwnContext: Middleware = (request, _response, next) => {
  ownContext.run(idOf(request), next)
}

const failed = (response: ServerResponse, error: unknown): void => {
  response.statusCode = 500
  response.end(String(error))
}

const onExpress =
  (createApp: () => express.Express) =>
  ({ guard, validation, handler }: TracedApp): RequestListener => {
    const app = createApp()
    app.use(inOwnContext, guard)
    app.all('/:kind/:id', validation, (request, response, next) => {
      handler(request, response).catch(next)
    })
    return app
  }

/** The same application on each host. */
export const tracedHosts = {
  'Express 5': onExpress(express),
  // What is used of Express here is the same in both, which their types do not know.
  'Express 4': onExpress(express4),
  'node:http':
    ({ guard, validation, handler }: TracedApp): RequestListener =>
    (request, response) => {
      inOwnContext(request, response, () => {
        guard(request, response, (error) => {
          if (error !== undefined) {
            failed(response, error)
            return
          }
          validation(request, response, (refused) => {
            if (refused === undefined)
              handler(request, response).catch((cause: unknown) => {
                failed(response, cause)
              })
            else failed(response, refused)
          })
        })
      })
    },
} as const

export type TracedHost = keyof typeof tracedHosts
