import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import express4 from 'express4'
import type { AlfredGuard } from '../../src/index.ts'

/** Answers what the guard let through. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

const onExpress =
  (createApp: () => express.Express) =>
  (guard: AlfredGuard, handle: Handler): RequestListener => {
    const app = createApp()
    app.use(guard)
    app.use(handle)
    app.use(guard.errorHandler)
    return app
  }

/** The same application on each framework: the guard, and one handler behind it. */
export const frameworks = {
  'Express 5': onExpress(express),
  // What the application above uses of Express is the same in both, which their types do not know.
  'Express 4': onExpress(express4 as unknown as typeof express),
  'node:http':
    (guard: AlfredGuard, handle: Handler): RequestListener =>
    (request, response) => {
      guard(request, response, (error) => {
        if (error === undefined) handle(request, response)
        else guard.errorHandler(error, request, response, () => undefined)
      })
    },
} as const

/** The name of a framework in {@link frameworks}. */
export type Framework = keyof typeof frameworks

/** All of {@link frameworks} by name. */
export const frameworkNames = Object.keys(frameworks) as readonly Framework[]

/** A server on loopback. */
export interface RunningServer {
  readonly port: number
  close(): Promise<void>
}

/** Starts `listener` on a free port of 127.0.0.1. */
export async function startServer(listener: RequestListener): Promise<RunningServer> {
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
