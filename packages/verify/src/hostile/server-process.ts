/** A server under test in a process of its own: `server-process.ts <order as JSON>`, spoken to by messages. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Logger } from '@alfred/core'
import { createHardenedStack } from './hardened-stack.ts'
import { createHostileApp } from './hostile-apps.ts'
import { findLeak, markers, secretMarkers } from './requests/markers.ts'
import { askedSchema, orderSchema, type ServerMessage } from './server-messages.ts'
import { weakApp } from './weak-app.ts'

const order = orderSchema.parse(JSON.parse(process.argv[2] ?? 'null'))
const crashes: string[] = []
const leaks: string[] = []

const tell = (message: ServerMessage): void => {
  process.send?.(message)
}

const note = (what: unknown): void => {
  const text = inspect(what, { depth: 8, maxStringLength: null })
  const leak = findLeak(text, secretMarkers)
  if (leak !== undefined) leaks.push(text)
}
const log = (fields: unknown, message: string): void => {
  note([fields, message])
}
const logger: Logger = { debug: log, info: log, warn: log, error: log }

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await nextTurn()
    globalThis.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Waits until every client is gone, a few seconds at the longest. */
async function connectionsLeft(server: Server): Promise<number> {
  let left = 0
  for (let round = 0; round < 60; round++) {
    left = await new Promise((resolve) => {
      server.getConnections((_error, count) => {
        resolve(count)
      })
    })
    if (left === 0) break
    await wait(50)
  }
  return left
}

/** By these this process is spoken to, and counts crashes. */
const ownEvents = ['message', 'disconnect', 'uncaughtException', 'unhandledRejection']

const listeners = (): number =>
  process
    .eventNames()
    .filter((name) => !ownEvents.includes(String(name)))
    .reduce((sum, name) => sum + process.listenerCount(name), 0)

const listenersBefore = listeners()
const stack =
  order.framework === 'weak'
    ? undefined
    : await createHardenedStack({ logger, note, redisUrl: order.redisUrl })
const app: RequestListener =
  stack === undefined || order.framework === 'weak' ? weakApp : createHostileApp(order.framework, stack.guard)
const server = createServer(app)
stack?.guard.hardenServer(server)
server.listen(0, '127.0.0.1')
await once(server, 'listening')

// Not before the start, which has to fail loudly.
process.on('uncaughtException', (error) => crashes.push(`uncaught ${inspect(error)}`))
process.on('unhandledRejection', (reason) => crashes.push(`unhandled rejection ${inspect(reason)}`))

async function finish(): Promise<void> {
  const connections = await connectionsLeft(server)
  if (stack) {
    const { body } = await stack.guard.metrics.expose()
    const leak = findLeak(body, Object.values(markers))
    if (leak !== undefined) leaks.push(`metrics: ${leak}`)
  }
  server.closeAllConnections()
  server.close()
  await stack?.guard.close()
  await nextTurn()
  tell({
    crashes,
    leaks,
    connections,
    timers: stack?.pendingTimers() ?? [],
    listeners: Math.max(0, listeners() - listenersBefore),
  })
  process.disconnect()
}

process.on('disconnect', () => process.exit())
process.on('message', (message) => {
  const order = askedSchema.parse(message)
  if (order === 'finish') void finish()
  else
    void connectionsLeft(server)
      .then(heapBytes)
      .then((heap) => {
        tell({ heapBytes: heap })
      })
})
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('the server has no port')
tell({ port: address.port, clientKey: stack?.clientKey ?? 'alf_live_none' })
