import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What reached the app. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export interface EchoApp extends AsyncDisposable {
  readonly port: number
  readonly received: Received[]
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const sayOk: Answer = (_request, response) => {
  response
    .writeHead(200, { 'Content-Type': 'text/plain', 'Strict-Transport-Security': 'max-age=1' })
    .end('ok')
}

/** An app that keeps what it received. Upgrades are answered with 101 and echoed. */
export async function startEchoApp(answer: Answer = sayOk): Promise<EchoApp> {
  const received: Received[] = []
  const keep = ({ method = '', url = '', headers }: IncomingMessage): void => {
    received.push({ method, url, headers })
  }
  const server = createServer((request, response) => {
    keep(request)
    request.resume()
    answer(request, response)
  })
  server.on('upgrade', (request: IncomingMessage, socket) => {
    keep(request)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  server.keepAliveTimeout = 65_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server.address()),
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** Sends `count` events of server-sent events, one each `intervalMs`. */
export const streamTokens =
  (count: number, intervalMs: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
    let sent = 0
    const timer = setInterval(() => {
      sent += 1
      response.write(`data: ${String(sent)}\n\n`)
      if (sent < count) return
      clearInterval(timer)
      response.end()
    }, intervalMs)
    response.once('close', () => {
      clearInterval(timer)
    })
  }

/** Server-sent events of which the next one is sent when somebody asks for it. */
export interface StreamOnDemand {
  readonly answer: Answer
  /** Sends the next event of the stream that was asked for with `url`. */
  next(url: string): void
}

/** Builds a stream of `count` events; the first is sent at once. */
export function createStreamOnDemand(count: number): StreamOnDemand {
  const senders = new Map<string, () => void>()
  return {
    answer({ url = '' }, response) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
      let sent = 0
      const send = (): void => {
        sent += 1
        response.write(`data: ${String(sent)}\n\n`)
        if (sent === count) response.end()
      }
      senders.set(url, send)
      send()
    },
    next: (url) => senders.get(url)?.(),
  }
}
