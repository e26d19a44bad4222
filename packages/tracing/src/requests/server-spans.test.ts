import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requestContext } from '@alfred/core'
import { context, diag, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import express from 'express'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createTracing, type Tracing } from '../tracing.ts'

const exporter = new InMemorySpanExporter()
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
beforeEach(() => {
  exporter.reset()
})
afterAll(() => {
  propagation.disable()
  context.disable()
})

async function serve(app: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

const spansOf = async (count: number): Promise<ReadableSpan[]> => {
  await expect.poll(() => exporter.getFinishedSpans().length, { interval: 5, timeout: 4000 }).toBe(count)
  return exporter.getFinishedSpans()
}

function createApp(tracing: Tracing): express.Express {
  const app = express()
  app.use(tracing.middleware)
  const users = express.Router()
  users.all('/users/:id', async (request, response) => {
    await tracing.withSpan('inside', {}, () => Promise.resolve())
    response.json({ traceId: requestContext(request).traceId })
  })
  users.get('/fail', () => {
    throw new Error('expected')
  })
  app.use('/tenants/:tenantId', users)
  app.get('/healthz', (_request, response) => {
    response.send('ok')
  })
  app.use(((error, _request, response, next) => {
    if (error instanceof Error) response.status(503).end()
    else next(error)
  }) satisfies express.ErrorRequestHandler)
  return app
}

it.each<[string, string, string, number, Record<string, unknown>]>([
  [
    'GET',
    '/tenants/42/users/7?token=secret',
    'GET /tenants/:tenantId/users/:id',
    SpanStatusCode.UNSET,
    {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/tenants/:tenantId/users/:id',
      'url.path': '/tenants/42/users/7',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'client.address': '127.0.0.1',
      'user_agent.original': 'test',
      'alfred.http.response.outcome': 'completed',
    },
  ],
  [
    'PURGE',
    '/tenants/42/users/7',
    'HTTP /tenants/:tenantId/users/:id',
    SpanStatusCode.UNSET,
    {
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PURGE',
    },
  ],
  ['GET', '/nothing', 'GET', SpanStatusCode.UNSET, { 'http.response.status_code': 404 }],
  [
    'GET',
    '/tenants/42/fail',
    'GET /tenants/:tenantId/fail',
    SpanStatusCode.ERROR,
    {
      'http.response.status_code': 503,
      'error.type': '503',
    },
  ],
])('records %s %s', async (method, path, name, code, attributes) => {
  const tracing = createTracing({ tracerProvider, mounts: ['/tenants/:tenantId'] })
  const origin = await serve(createApp(tracing))
  await fetch(origin + path, { method, headers: { 'user-agent': 'test' } }).then((response) =>
    response.text(),
  )
  const spans = await spansOf(path.includes('users') ? 2 : 1)
  const server = spans.at(-1)
  expect(server).toMatchObject({ name, kind: SpanKind.SERVER, status: { code }, attributes })
  expect(JSON.stringify(server?.attributes)).not.toContain('secret')
  expect(Object.keys(server?.attributes ?? {})).toEqual(
    expect.arrayContaining(['http.request.method', 'url.path', 'url.scheme']),
  )
})

it('goes on with the trace of the request, tells its id, and is the parent of what follows', async () => {
  const origin = await serve(createApp(createTracing({ tracerProvider })))
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const response = await fetch(`${origin}/tenants/42/users/7`, {
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  })
  expect(await response.json()).toEqual({ traceId })
  const [inside, server] = await spansOf(2)
  expect(server?.parentSpanContext).toMatchObject({ traceId, spanId: 'b7ad6b7169203331', isRemote: true })
  expect(inside?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
})

it('does not trace probes', async () => {
  const origin = await serve(createApp(createTracing({ tracerProvider })))
  await fetch(`${origin}/healthz`)
  await fetch(`${origin}/nothing`)
  expect(await spansOf(1)).toMatchObject([{ attributes: { 'url.path': '/nothing' } }])
})

it('tells the trace id of a request that is not sampled, and watches nothing', async () => {
  const unsampled = createTracing({ tracerProvider: new TracerProvider({ sampler: new AlwaysOffSampler() }) })
  let listeners: number | undefined
  const origin = await serve((request, response) => {
    const before = response.listenerCount('close')
    unsampled.middleware(request, response, () => {
      listeners = response.listenerCount('close') - before
      response.end(requestContext(request).traceId)
    })
  })
  expect(await (await fetch(origin)).text()).toMatch(/^[0-9a-f]{32}$/)
  expect(listeners).toBe(0)
})

it('works with a provider that is registered later', async () => {
  const tracing = createTracing()
  const origin = await serve(createApp(tracing))
  await fetch(`${origin}/nothing`)
  trace.setGlobalTracerProvider(tracerProvider)
  onTestFinished(() => {
    trace.disable()
  })
  await fetch(`${origin}/nothing`)
  await spansOf(1)
})

const breaks = (): never => {
  throw new Error('the SDK is broken')
}
const spanWith = (members: Partial<Span>): Span => ({
  ...trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  setAttribute: () => spanWith(members),
  setAttributes: () => spanWith(members),
  addEvent: () => spanWith(members),
  addLink: () => spanWith(members),
  addLinks: () => spanWith(members),
  setStatus: () => spanWith(members),
  updateName: () => spanWith(members),
  end: () => undefined,
  isRecording: () => true,
  recordException: () => undefined,
  ...members,
})

it.each<[string, () => Span]>([
  ['a sampler', breaks],
  ['setAttribute', () => spanWith({ setAttribute: breaks })],
  ['setStatus', () => spanWith({ setStatus: breaks })],
  ['a span processor at the end', () => spanWith({ end: breaks })],
  ['isRecording', () => spanWith({ isRecording: breaks })],
  ['spanContext', () => spanWith({ spanContext: breaks })],
])('an SDK in which %s throws costs a span and not the request', async (_what, startSpan) => {
  const reported = vi.fn()
  diag.setLogger({ error: reported, warn: reported, info: reported, debug: reported, verbose: reported })
  onTestFinished(() => {
    diag.disable()
  })
  const tracer = { startSpan, startActiveSpan: breaks }
  const tracing = createTracing({ tracerProvider: { getTracer: () => tracer } })
  const app = express()
  app.use(tracing.middleware)
  app.get('/fine', (_request, response) => void response.json('fine'))
  app.get('/down', (_request, response) => void response.status(503).json('down'))
  const url = await serve(app)
  reported.mockClear()
  expect(await (await fetch(`${url}/fine`)).json()).toBe('fine')
  expect((await fetch(`${url}/down`)).status).toBe(503)
  await vi.waitFor(() => {
    expect(reported).toHaveBeenCalledWith(expect.stringContaining('has no span'), expect.any(Error))
  })
})
