import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Middleware } from '@alfred/core'

/** What Express leaves on a request that a route served. */
interface Routed {
  readonly method: string
  readonly originalUrl: string
  readonly route: { readonly path: string }
}

/** What the exchanges ask for, in turn: no single one may stay in a cache of one. */
const requests: readonly Routed[] = [
  { method: 'GET', originalUrl: '/api/alfred/conversations', route: { path: '/api/alfred/conversations' } },
  { method: 'POST', originalUrl: '/api/alfred/chat', route: { path: '/api/alfred/chat' } },
  { method: 'GET', originalUrl: '/api/alfred/templates/42', route: { path: '/api/alfred/templates/:id' } },
  { method: 'GET', originalUrl: '/api/alfred/providers?all=1', route: { path: '/api/alfred/providers' } },
]

const socket = new Socket()

/** Node's server listens for the end of every response, to detach its socket. */
function detach(this: ServerResponse): void {
  this.detachSocket(socket)
}

const next = (): void => undefined

/** `_header` is where Node keeps a head that was sent, and asks for `headersSent`. */
const sent = { _header: 'HTTP/1.1 200 OK\r\n\r\n', finished: true }

let turn = 0

/**
 * One request and response of Node's own classes from beginning to end, through `middleware`: what a server
 * and Express do to them around it is done by hand, without a byte on a socket.
 */
export function exchange(middleware: Middleware | undefined): ServerResponse {
  const { method, originalUrl, route } = requests[turn++ % requests.length] ?? {
    method: '',
    originalUrl: '',
    route: { path: '' },
  }
  const request = new IncomingMessage(socket) as IncomingMessage & {
    originalUrl?: string
    baseUrl?: string
    route?: Routed['route']
  }
  request.method = method
  request.url = request.originalUrl = originalUrl
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  response.on('finish', detach)
  middleware?.(request, response, next)
  request.baseUrl = ''
  request.route = route
  Object.assign(response, sent)
  response.emit('finish')
  response.emit('close')
  return response
}
