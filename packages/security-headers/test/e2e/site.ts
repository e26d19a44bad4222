import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { compose, type Middleware, requestPath } from '@alfred/core'
import { onTestFinished } from 'vitest'
import type { Cors } from '../../src/index.ts'

/** What a site is made of. */
export interface SiteOptions {
  /** Run in this order before the app. @default [] */
  readonly layers?: readonly Middleware[] | undefined
  /** Answers what no other route of the site does. @default an empty page that holds the functions of `page.js` */
  readonly app?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Serves over TLS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  /** Decides about WebSockets, which greet and close. */
  readonly upgrades?: Pick<Cors, 'checkUpgrade'> | undefined
}

/** A request as the server got it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly origin: string | undefined
  readonly cookie: string | undefined
  readonly contentType: string | undefined
  readonly site: string | undefined
  /** Whether the layers let it pass to the app. */
  reachedApp: boolean
}

/** A real server on a free port of 127.0.0.1. */
export interface Site {
  /** The origin under one of the names that the browser resolves to this machine. */
  origin(host: string): string
  /** What was received for `path`, oldest first. */
  received(path: string): readonly Received[]
}

const pageScript = await readFile(new URL('page.js', import.meta.url), 'utf8')

/** An empty page that holds the functions of `page.js`. */
export const emptyPage = '<!doctype html><meta charset="utf-8"><body><script src="/page.js"></script>'

const serveEmptyPage = (_request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('content-type', 'text/html')
  response.end(emptyPage)
}

/** Starts a site, closed when the test is done. */
export async function startSite({ layers = [], app, tls, upgrades }: SiteOptions = {}): Promise<Site> {
  const all: Received[] = []
  const guarded = compose(layers)
  const answer = app ?? serveEmptyPage
  const listener: RequestListener = (request, response) => {
    const received = describe(request)
    all.push(received)
    guarded(request, response, (error) => {
      received.reachedApp = true
      if (error !== undefined) throw new Error('a layer passed an error on', { cause: error })
      if (received.path === '/page.js') {
        response.setHeader('content-type', 'text/javascript')
        response.end(pageScript)
      } else answer(request, response)
    })
  }
  const upgraded = new Set<Socket>()
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  if (upgrades) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      upgraded.add(socket)
      void Promise.resolve(upgrades.checkUpgrade(request)).then((allowed) => {
        if (allowed) greet(request, socket)
        else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      })
    })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
    await once(server, 'close')
  })
  return {
    origin: (host) => `${tls ? 'https' : 'http'}://${host}:${String(address.port)}`,
    received: (path) => all.filter((received) => received.path === path),
  }
}

function describe(request: IncomingMessage): Received {
  const { origin, cookie, 'content-type': contentType, 'sec-fetch-site': site } = request.headers
  return {
    method: request.method ?? '',
    path: requestPath(request),
    origin,
    cookie,
    contentType,
    site: typeof site === 'string' ? site : undefined,
    reachedApp: false,
  }
}

/** RFC 6455: accepts the upgrade, sends the text `hello` and closes. */
function greet(request: IncomingMessage, socket: Socket): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.end(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello'), Buffer.from([0x88, 0])]))
}
