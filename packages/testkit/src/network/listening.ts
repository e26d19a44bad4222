import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'

/**
 * Listens on a free port of 127.0.0.1. Idle connections stay open: closed by the machine's clock, a test
 * that was held up for some seconds would find its kept-alive connection gone.
 *
 * @returns the port
 */
export async function listenOn(
  server: Server | HttpsServer | Http2Server | Http2SecureServer,
): Promise<number> {
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** A server of a test; disposing cuts its connections off. */
export async function listening(
  handler: RequestListener,
): Promise<AsyncDisposable & { server: Server; url: string }> {
  const server = createServer(handler)
  const port = await listenOn(server)
  return {
    server,
    url: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
