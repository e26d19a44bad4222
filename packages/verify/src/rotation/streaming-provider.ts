import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FakeKeyAdmin } from '@alfred/testkit'

/** A server that answers by streams, and takes the keys of a provider alone. */
export interface StreamingProvider {
  readonly url: string
  readonly close: () => Promise<void>
}

/** The last line of a stream that was not cut off. */
export const streamEnd = 'data: [DONE]'

/**
 * Starts a server whose answer to `/?events=20` is so many events, 20 ms apart. It asks for the key again at each: a stream
 * whose key is revoked while it runs is cut off, which is stricter than providers are.
 */
export async function startStreamingProvider(admin: FakeKeyAdmin): Promise<StreamingProvider> {
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    if (!admin.takes(key)) {
      const error = { code: 'invalid_api_key', type: 'invalid_request_error', message: 'Incorrect API key.' }
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
      return
    }
    const events = Number(new URL(request.url ?? '/', 'http://localhost').searchParams.get('events') ?? 1)
    const stream = async (): Promise<void> => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let sent = 0; sent < events; sent++) {
        if (!admin.takes(key)) {
          response.destroy()
          return
        }
        response.write(`data: ${String(sent)}\n\n`)
        await delay(20)
      }
      response.end(`${streamEnd}\n\n`)
    }
    stream().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
