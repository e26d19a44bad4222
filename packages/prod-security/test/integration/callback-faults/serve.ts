import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Middleware, sendProblem } from '@alfred/core'
import { type AlfredConfig, alfredHardening } from '@alfred/prod-security'

/** Serves one request after the other, then closes. */
export async function withServer<T>(
  listener: RequestListener,
  use: (origin: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** The statuses of so many requests in a row to one middleware on plain `node:http`. */
export const statusesOf = (
  middleware: Middleware,
  requests: readonly (readonly [path: string, init?: RequestInit])[],
): Promise<readonly number[]> =>
  withServer(
    (request, response) => {
      middleware(request, response, (error) => {
        if (error === undefined) response.end('served')
        else sendProblem(request, response, { type: 'about:blank', status: 500, title: 'Error' })
      })
    },
    async (origin) => {
      const statuses: number[] = []
      for (const [path, init] of requests) {
        const response = await fetch(origin + path, init)
        await response.arrayBuffer()
        statuses.push(response.status)
      }
      return statuses
    },
  )

/** As {@link statusesOf}, through a whole guard. */
export async function guardStatuses(
  config: AlfredConfig,
  requests: readonly (readonly [path: string, init?: RequestInit])[],
): Promise<readonly number[]> {
  const guard = alfredHardening({ health: false, metrics: false, tracing: false, ...config })
  try {
    return await statusesOf(guard, requests)
  } finally {
    await guard.close()
  }
}
