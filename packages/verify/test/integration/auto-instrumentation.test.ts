import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { createServer as CreateServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { requestContext } from '@alfred/core'
import express from 'express'
import { alfredHardening } from '@alfred/prod-security'
import { type RecordedSpans, recordSpans } from '../../src/traces/recorded-spans.ts'

const instrumentation = new HttpInstrumentation()
// The instrumentation patches what is required after it, in place.
const { createServer } = createRequire(import.meta.url)('node:http') as { createServer: typeof CreateServer }
let spans: RecordedSpans

beforeAll(() => {
  spans = recordSpans()
  instrumentation.setTracerProvider(spans.tracerProvider)
})
afterAll(() => {
  instrumentation.disable()
  spans[Symbol.dispose]()
})

async function serve() {
  const guard = alfredHardening({ tracing: { mounts: ['/api'] }, loadShedding: true })
  const app = express()
  app.use(guard)
  const router = express.Router()
  router.use(guard)
  router.all('/chat/:id', (request, response) => {
    guard.tracing.withSpan('inside', {}, () => undefined)
    const { traceId, spanId } = requestContext(request)
    response.json({ traceId, spanId })
  })
  router.all('/fails', (_request, response) => void response.writeHead(503).end())
  router.all('/cut', (_request, response) => void response.write('begun'))
  app.use('/api', router)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await guard.close()
  })
  spans.take()
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** The client's own spans are left out: fetch is not instrumented, and a span of this process is not remote. */
async function ended(count: number) {
  const all: ReturnType<RecordedSpans['take']>[number][] = []
  await expect
    .poll(() => {
      all.push(...spans.take())
      return all.length
    })
    .toBe(count)
  return all
}

it('adds to the server span of the instrumentation, and makes none of its own', async () => {
  const origin = await serve()
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const response = await fetch(`${origin}/api/chat/7`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: '{"a":1}',
  })
  const ids: unknown = await response.json()
  const [inside, server] = await ended(2)
  expect(server).toMatchObject({
    name: 'POST /api/chat/:id',
    kind: SpanKind.SERVER,
    instrumentationScope: { name: '@opentelemetry/instrumentation-http' },
    parentSpanContext: { traceId, spanId: 'b7ad6b7169203331' },
    attributes: {
      'http.route': '/api/chat/:id',
      'client.address': '127.0.0.1',
      'alfred.http.response.outcome': 'completed',
    },
  })
  expect(inside?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
  expect(ids).toEqual({ traceId, spanId: server?.spanContext().spanId })
})

it('marks a failure on it', async () => {
  const origin = await serve()
  await fetch(`${origin}/api/fails`)
  expect(await ended(1)).toMatchObject([
    { name: 'GET /api/fails', status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '503' } },
  ])
})

it('says on it that a client hung up, before the instrumentation ends it', async () => {
  const origin = await serve()
  const aborting = new AbortController()
  await fetch(`${origin}/api/cut`, { signal: aborting.signal })
  aborting.abort()
  expect(await ended(1)).toMatchObject([{ attributes: { 'alfred.http.response.outcome': 'aborted' } }])
})

it('begins a span of its own for a request that is dispatched inside a handler', async () => {
  const { IncomingMessage, ServerResponse } = await import('node:http')
  const { Socket } = await import('node:net')
  const guard = alfredHardening()
  onTestFinished(() => guard.close())
  const dispatch = (url: string, then: () => void): void => {
    const request = Object.assign(new IncomingMessage(new Socket()), { url, method: 'GET' })
    const response = new ServerResponse(request)
    guard(request, response, () => {
      then()
      response.writeHead(200)
      response.emit('finish')
    })
  }
  spans.take()
  dispatch('/outer', () => {
    dispatch('/inner', () => trace.getActiveSpan()?.setAttribute('seen', true))
  })
  const [inner, outer] = await ended(2)
  expect(inner).toMatchObject({ kind: SpanKind.SERVER, attributes: { 'url.path': '/inner', seen: true } })
  expect(outer).toMatchObject({ kind: SpanKind.SERVER, attributes: { 'url.path': '/outer' } })
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId)
})
