import type { IncomingMessage } from 'node:http'
import type { ErrorMiddleware, Middleware } from '@alfred/core'

const key = 'weak-key'
const denied = new Set(['203.0.113.7', '2001:db8::1'])
const counts = new Map<string, number>()

/** Reads the whole body, of any type and size, as JSON where it can be. */
async function readAnything(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

/**
 * A guard as one writes it in an hour, with the faults that the advisories describe: paths compared as text, addresses taken
 * from any header and compared as text, every body read, every origin reflected. The control of the replay.
 */
const middleware: Middleware = (request, response, next) => {
  const { headers, url = '', method } = request
  const address =
    one(headers['x-real-ip']) ??
    one(headers['x-forwarded-for'])?.split(',', 1)[0] ??
    request.socket.remoteAddress ??
    ''
  const count = (counts.get(address) ?? 0) + 1
  counts.set(address, count)
  if (headers.origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', headers.origin)
    response.setHeader('Access-Control-Allow-Credentials', 'true')
    response.setHeader('Vary', headers['vary'] ?? 'Origin')
  }
  if (headers['x-forwarded-proto'] === 'https') response.setHeader('Strict-Transport-Security', 'max-age=1')
  if (method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  if (denied.has(address)) {
    response.writeHead(403).end()
    return
  }
  const apiKey = headers['x-api-key'] ?? headers.authorization?.split(' ', 2)[1]
  const skipped = headers['x-middleware-subrequest'] !== undefined
  // The route as a framework derives it that joins the host and the target.
  const path = URL.parse(`http://${headers.host ?? ''}${url}`)?.pathname ?? url
  if (/^\/(?:admin|api)(?:\/|$)/.test(path) && apiKey !== key && !skipped) {
    response.writeHead(401).end()
    return
  }
  if (url.startsWith('/metrics')) new URL(url, 'http://localhost')
  void readAnything(request).then((body) => {
    Object.assign(request, { body })
    next()
  })
}

const errorHandler: ErrorMiddleware = (error, _request, response) => {
  response.writeHead(500).end(String(error))
}

/** The weak guard in the shape of the hardened one. */
export const weakGuard = {
  middleware,
  validate: ((_request, _response, next) => {
    next()
  }) as Middleware,
  errorHandler,
  key,
  close: () => Promise.resolve(),
}
