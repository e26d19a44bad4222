/**
 * One instance of a service that is restarted under load: `node instance.ts <InstanceOptions as JSON>`, by itself or as
 * a cluster. It answers requests, streams the event log over SSE and WebSockets, and drains on SIGTERM.
 */
import cluster from 'node:cluster'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { createHealth, memoryCheck } from '@alfred/health'
import { drainCluster, drainOnSignals, openEventStream } from '@alfred/server'
import { type EventLog, lastEvent } from './event-log.ts'

export interface InstanceOptions {
  readonly port: number
  readonly log: EventLog
  readonly readinessDelayMs: number
  /** How many workers share the port; 0 is a process without a cluster. */
  readonly workers: number
}

/** What an instance sends at its end: the pipelined requests that it ran. */
export interface InstanceReport {
  readonly ran: readonly string[]
}

const { port, log, readinessDelayMs, workers } = JSON.parse(process.argv[2] ?? '') as InstanceOptions

/** A reader of the log: what it was sent last, and how to send it more. */
interface Subscriber {
  sent: number
  readonly send: (event: number) => void
}
const subscribers = new Set<Subscriber>()

const catchUp = (subscriber: Subscriber): void => {
  const last = lastEvent(log)
  while (subscriber.sent < last) {
    subscriber.sent += 1
    subscriber.send(subscriber.sent)
  }
}

/** @param after - the last event that the client has seen */
function subscribe(after: string | null | undefined, send: (event: number) => void): () => void {
  const subscriber: Subscriber = { sent: after ? Number(after) : lastEvent(log), send }
  subscribers.add(subscriber)
  catchUp(subscriber)
  return () => subscribers.delete(subscriber)
}
setInterval(() => {
  subscribers.forEach(catchUp)
}, log.intervalMs / 2).unref()

// An instance does not outlive the run that started it.
process.once('disconnect', () => process.exit(1))

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').replace(/\?.*/, '')

/** Pipelined requests, by their path. */
const ran: string[] = []

const health = createHealth({ checks: [memoryCheck()] })
let served = 0
const server = createServer((request, response) => {
  health.middleware(request, response, () => {
    if (pathOf(request) === '/events') {
      const stream = openEventStream(request, response, { drain, retryMs: 200 })
      const leave = subscribe(stream.lastEventId, (event) => {
        stream.send({ id: event, data: String(event) })
      })
      response.once('close', leave)
      return
    }
    served += 1
    if (pathOf(request).startsWith('/pipelined/')) ran.push(pathOf(request))
    // Every third answer copies the fields of another connection, as a careless proxy does.
    if (served % 3 === 0) response.writeHead(200, { connection: 'keep-alive' })
    // One request in eight takes a while, and so is in flight when the server stops.
    void sleep(served % 8 === 0 ? 25 : 0).then(() => response.end('ok'))
  })
})
// Longer than a balancer keeps its connections, as it must be behind one.
server.keepAliveTimeout = 65_000

const sockets = new WebSocketServer({ server, path: '/socket' })
sockets.on('connection', (socket, request) => {
  const after = new URL(request.url ?? '/', 'http://localhost').searchParams.get('after')
  const leave = subscribe(after, (event) => {
    // Once the close is under way the client asks the next instance.
    if (socket.readyState === socket.OPEN) socket.send(String(event))
  })
  socket.once('close', leave)
})

const drain = drainOnSignals(server, {
  health,
  readinessDelayMs,
  hooks: [
    { name: 'health', close: () => health.close() },
    { name: 'report', close: sendReport },
  ],
})
drain.attachWebSockets(sockets)

function sendReport(): Promise<void> {
  return new Promise((resolve) => {
    process.send?.({ ran } satisfies InstanceReport, () => {
      resolve()
    })
  })
}

if (workers > 0 && cluster.isPrimary) {
  await drain.close()
  drainCluster()
  cluster.on('message', (_worker, report: InstanceReport) => process.send?.(report))
  for (let worker = 0; worker < workers; worker++) cluster.fork()
} else {
  await health.ready()
  server.listen(port, '127.0.0.1')
}
