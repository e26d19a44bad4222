import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import express4 from 'express4'
import type { AlfredGuard } from '../../src/alfred-guard.ts'

/** Answers a path; what it throws goes to the guard's error handler. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void

/** What an application answers, by path, for any method. */
export type Routes = Readonly<Record<string, Route>>

/** Builds an application of `routes` behind a guard. */
export type Host = (guard: AlfredGuard, routes: Routes) => RequestListener

const onExpress =
  (createApp: () => express.Express): Host =>
  (guard, routes) => {
    const app = createApp()
    app.use(guard)
    for (const [path, route] of Object.entries(routes)) {
      app.all(path, (request, response) => {
        route(request, response)
      })
    }
    app.use(guard.notFoundHandler, guard.errorHandler)
    return app
  }

const onNodeHttp: Host = (guard, routes) => (request, response) => {
  guard(request, response, (error?: unknown) => {
    const fail = (failure: unknown): void => {
      guard.errorHandler(failure, request, response, () => undefined)
    }
    if (error !== undefined) {
      fail(error)
      return
    }
    const [path = ''] = (request.url ?? '').split('?')
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    try {
      if (route) route(request, response)
      else guard.notFoundHandler(request, response, () => undefined)
    } catch (failure) {
      fail(failure)
    }
  })
}

/** The hosts that a guard runs on without an adapter. */
export const hosts = {
  'Express 5': onExpress(express),
  // What is used of Express here is the same in both, which their types do not know.
  'Express 4': onExpress(express4 as unknown as typeof express),
  'node:http': onNodeHttp,
} as const satisfies Readonly<Record<string, Host>>

export type HostName = keyof typeof hosts

export const hostNames = Object.keys(hosts) as readonly HostName[]

/** A server on a free port of 127.0.0.1. */
export interface Served {
  readonly port: number
  close(): Promise<void>
}

/** Serves `listener`. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
