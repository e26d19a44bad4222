import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { context, propagation } from '@opentelemetry/api'
import express from 'express'
import { z } from 'zod'
import type { AlfredGuard } from '@alfred/prod-security'
import { type Propagated, type W3CCase, w3cCases } from './w3c-cases.ts'

/** What became of the cases. */
export interface W3CFigures {
  readonly w3cPassed: number
  readonly w3cTotal: number
  /** The names of those that failed. */
  readonly w3cFailed: readonly string[]
}

/** The service under test: it makes the calls that a request asks for, each in a span of its own. */
export function createTracedService(guard: AlfredGuard): RequestListener {
  const calls = guard.validate({ body: z.array(z.object({ url: z.url(), arguments: z.array(z.unknown()) })) })
  const app = express()
  app.use(guard)
  app.post(
    '/test',
    calls.handle(async (request, response: express.Response) => {
      for (const { url, arguments: body } of request.valid.body) {
        await guard.tracing.withSpan('call', {}, async () => {
          const headers: Record<string, string> = { 'content-type': 'application/json' }
          propagation.inject(context.active(), headers)
          await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
        })
      }
      response.json(null)
    }),
  )
  app.use(guard.errorHandler)
  return app
}

async function listen(listener: RequestListener): Promise<{ server: Server; origin: string; port: number }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, port, origin: `http://127.0.0.1:${String(port)}` }
}

/** Posts over a socket, so that fields go out as they are written: repeated, in any case, with white space. */
async function post(
  port: number,
  fields: readonly (readonly [string, string])[],
  body: string,
): Promise<void> {
  const head = [
    'POST /test HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ]
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  const answer = await text(socket)
  if (!answer.startsWith('HTTP/1.1 200'))
    throw new Error(`the service answered ${answer.split('\r\n', 1)[0] ?? ''}`)
}

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** @returns `undefined` when there is not exactly one valid `traceparent` */
function readPropagated(rawHeaders: readonly string[]): Propagated | undefined {
  const valuesOf = (name: string): string[] =>
    rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
  const parents = valuesOf('traceparent')
  const [, traceId, parentId, flags] = traceparent.exec(parents.length === 1 ? (parents[0] ?? '') : '') ?? []
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined
  const stateText = valuesOf('tracestate').join(',')
  const members = stateText.split(',').filter((member) => member !== '')
  const state = new Map(
    members.map((member) => [member.slice(0, member.indexOf('=')), member.slice(member.indexOf('=') + 1)]),
  )
  return { traceId, parentId, flags: Number.parseInt(flags, 16), state, stateText }
}

/** Runs the cases of the W3C suite against a service; both ends of each call are ours. */
export async function runW3CCases(service: RequestListener): Promise<W3CFigures> {
  let received: (Propagated | undefined)[] = []
  const called = await listen((request, response) => {
    received.push(readPropagated(request.rawHeaders))
    request.resume()
    response.end()
  })
  const tested = await listen(service)

  const passes = async ({ calls = 1, requests }: W3CCase): Promise<boolean> => {
    for (const [fields, check] of requests) {
      received = []
      const message = Array.from({ length: calls }, () => ({ url: called.origin, arguments: [] }))
      await post(tested.port, fields, JSON.stringify(message))
      const sent = received.flatMap((each) => each ?? [])
      if (sent.length !== calls || !check(sent)) return false
    }
    return true
  }

  const failed: string[] = []
  try {
    for (const each of w3cCases) if (!(await passes(each))) failed.push(each.name)
  } finally {
    for (const { server } of [called, tested]) {
      server.closeAllConnections()
      server.close()
    }
  }
  return { w3cPassed: w3cCases.length - failed.length, w3cTotal: w3cCases.length, w3cFailed: failed }
}
