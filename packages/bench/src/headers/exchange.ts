import {
  IncomingMessage,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import { Socket } from 'node:net'
import type { Middleware } from '@alfred/core'

/** The public name of the server. */
const host = 'api.example.com'

/** What a browser sends along; Node has parsed it when middleware runs. */
const browserHeaders: IncomingHttpHeaders = {
  host,
  connection: 'keep-alive',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9',
  cookie: 'session=8a1f2f6c3b',
}

// Over TLS: helmet sends HSTS always, ours there alone, and both shall send the same.
const connection = Object.assign(new Socket(), { encrypted: true })

/** Makes the messages of one GET, as Node does for each request. */
export function createMessages(origin: string | undefined): {
  request: IncomingMessage
  response: ServerResponse
} {
  const request = new IncomingMessage(connection)
  request.method = 'GET'
  request.url = '/api/alfred/chat/conversations'
  request.headers = origin === undefined ? browserHeaders : { ...browserHeaders, origin }
  return { request, response: new ServerResponse(request) }
}

/** The headers that `middleware` leaves on one response, and whether it passed the request on. */
export function headersOf(
  middleware: Middleware,
  origin: string | undefined,
): { readonly headers: OutgoingHttpHeaders; readonly passed: boolean } {
  const { request, response } = createMessages(origin)
  let passed = false
  middleware(request, response, () => (passed = true))
  return { headers: response.getHeaders(), passed }
}
