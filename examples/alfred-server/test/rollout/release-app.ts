/**
 * A small app behind the product's guard, started by the deploy driver as a release: `node release-app.ts VERSION [FAULT]`.
 * It answers requests, streams over SSE and WebSockets, and drains on SIGTERM.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { alfredHardening } from '@alfred/prod-security'
import { WebSocketServer } from 'ws'

const [, , version = '0', fault = 'none'] = process.argv
const port = Number(process.env['PORT'])

/** Events are numbered by the clock, so that every instance counts alike. */
const eventMs = 100
const streamLength = 30
const lastEvent = (): number => Math.floor(Date.now() / eventMs)

if (fault === 'ends at once') process.exit(1)

const guard = alfredHardening({
  allowedHosts: ['alfred.test'],
  trustProxy: 'loopback',
  rateLimit: false,
  csrf: false,
  loadShedding: false,
  health: {
    releaseId: fault === 'wrong version' ? '0.0.0' : version,
    details: () => true,
    checks:
      fault === 'never ready' ? [{ name: 'fault', check: () => Promise.resolve({ status: 'fail' }) }] : [],
  },
})

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').replace(/\?.*/, '')
  if (path === '/api/stream') {
    streamEvents(response)
    return
  }
  // The guard has read the body already, and keeps its length.
  const bytes = request.headers['content-length'] ?? '0'
  // One answer in eight takes a while, and so is under way when something changes.
  setTimeout(() => response.end(`${version} ${bytes}`), Math.random() < 0.125 ? 30 : 0)
}

const server = guard.hardenServer(
  createServer((request, response) => {
    guard(request, response, () => {
      answer(request, response)
    })
  }),
)
const drain = guard.drainOnSignals(server, { readinessDelayMs: 0 })
// What most apps do: end at once, whatever is under way.
if (fault === 'no drain') process.prependOnceListener('SIGTERM', () => process.exit(0))

/** A stream has thirty events, and ends by itself. */
function streamEvents(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  let sent = 0
  const timer = setInterval(() => {
    sent += 1
    response.write(`data: ${String(sent)}\n\n`)
    if (sent < streamLength) return
    clearInterval(timer)
    response.end()
  }, eventMs)
  response.once('close', () => {
    clearInterval(timer)
  })
}

const sockets = new WebSocketServer({ server, path: '/ws/alfred' })
sockets.on('connection', (socket, request) => {
  const after = new URL(request.url ?? '/', 'http://localhost').searchParams.get('after')
  let sent = after === null ? lastEvent() : Number(after)
  const timer = setInterval(() => {
    while (sent < lastEvent() && socket.readyState === socket.OPEN) {
      sent += 1
      socket.send(String(sent))
    }
  }, eventMs / 2)
  socket.once('close', () => {
    clearInterval(timer)
  })
})
drain.attachWebSockets(sockets)

await guard.ready()
server.listen(port, '127.0.0.1')
if (fault === 'crashes soon') setTimeout(() => process.exit(1), 1500)
