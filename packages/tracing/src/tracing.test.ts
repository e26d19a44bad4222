import { createFakeClock } from '@alfred/testkit'
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { recordAIResponse } from './operations/assistant-operations.ts'
import { createTracing, type Tracing } from './tracing.ts'

const exporter = new InMemorySpanExporter()
const manager = new AsyncLocalStorageContextManager()
// Built before any SDK is registered, as an application's modules are.
const tracing = createTracing()

beforeAll(() => {
  context.setGlobalContextManager(manager.enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  )
})
beforeEach(() => {
  exporter.reset()
})
afterAll(() => {
  trace.disable()
  propagation.disable()
  context.disable()
})

const secret = 'sk-secret-prompt'
const failure = (): Error => Object.assign(new RangeError(secret), {})
const refused = (): Error => Object.assign(new Error(secret), { code: 'ECONNREFUSED' })

it.each<[string, (t: Tracing) => unknown, Record<string, unknown>]>([
  [
    'a synchronous call',
    (t) => t.withSpan('work', { a: 1 }, () => 42),
    { name: 'work', kind: SpanKind.INTERNAL, attributes: { a: 1 }, status: { code: SpanStatusCode.UNSET } },
  ],
  [
    'a promise',
    (t) => t.withSpan('work', {}, () => Promise.resolve(42)),
    { name: 'work', attributes: {}, status: { code: SpanStatusCode.UNSET } },
  ],
  [
    'a throw',
    (t) =>
      t.withSpan('work', {}, () => {
        throw failure()
      }),
    { attributes: { 'error.type': 'RangeError' }, status: { code: SpanStatusCode.ERROR }, events: [] },
  ],
  [
    'a rejection',
    (t) => t.withSpan('work', {}, () => Promise.reject(refused())),
    { attributes: { 'error.type': 'ECONNREFUSED' }, status: { code: SpanStatusCode.ERROR } },
  ],
  [
    'an AI request',
    (t) => {
      t.traceAIRequest({ provider: 'openai', model: 'gpt-x' }, (span) => {
        recordAIResponse(span, {
          id: 'r1',
          model: 'gpt-x-1',
          inputTokens: 3,
          outputTokens: 5,
          finishReasons: ['stop'],
        })
      })
    },
    {
      name: 'chat gpt-x',
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-x',
        'gen_ai.response.id': 'r1',
        'gen_ai.response.model': 'gpt-x-1',
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.response.finish_reasons': ['stop'],
      },
    },
  ],
  [
    'a template',
    (t) => t.traceTemplateGeneration({ templateId: 'readme', variableCount: 3 }, () => 42),
    {
      name: 'template.generate',
      kind: SpanKind.INTERNAL,
      attributes: { 'alfred.template.id': 'readme', 'alfred.template.variable_count': 3 },
    },
  ],
  [
    'a database statement',
    (t) => t.traceDatabaseQuery({ operation: 'SELECT', collection: 'messages' }, () => Promise.resolve()),
    {
      name: 'SELECT messages',
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.collection.name': 'messages',
      },
    },
  ],
])('records %s', async (_what, act, expected) => {
  await new Promise((resolve) => {
    resolve(act(tracing))
  }).catch(() => undefined)
  const spans = exporter.getFinishedSpans()
  expect(spans).toHaveLength(1)
  expect(spans[0]).toMatchObject(expected)
  expect(
    JSON.stringify(spans.map(({ attributes, status, events }) => [attributes, status, events])),
  ).not.toContain(secret)
})

it('answers and throws what the work does', async () => {
  const error = failure()
  expect(tracing.withSpan('work', {}, () => 42)).toBe(42)
  expect(() =>
    tracing.withSpan('work', {}, () => {
      throw error
    }),
  ).toThrow(error)
  await expect(tracing.withSpan('work', {}, () => Promise.resolve(42))).resolves.toBe(42)
  await expect(tracing.withSpan('work', {}, () => Promise.reject(error))).rejects.toBe(error)
})

it('makes spans children of the one around them, across promises', async () => {
  await tracing.withSpan('outer', {}, async () => {
    await Promise.resolve()
    await tracing.withSpan('inner', {}, () => Promise.resolve())
  })
  const [inner, outer] = exporter.getFinishedSpans()
  expect(inner).toMatchObject({ name: 'inner', parentSpanContext: { spanId: outer?.spanContext().spanId } })
})

it('hands errors to the recorder it is given, and rethrows them even when that fails', () => {
  const recordException = vi.fn<(span: Span, error: unknown) => void>(() => {
    throw new Error('expected')
  })
  const error = failure()
  expect(() =>
    createTracing({ recordException }).withSpan('work', {}, () => {
      throw error
    }),
  ).toThrow(error)
  expect(recordException.mock.calls[0]?.[1]).toBe(error)
  expect(exporter.getFinishedSpans()).toHaveLength(1)
})

async function* chunks(count: number, pause: () => void = () => undefined): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    await Promise.resolve()
    pause()
    yield i
  }
}

it('records the time to the first chunk and the number of chunks', async () => {
  const clock = createFakeClock()
  const timed = createTracing({ clock })
  const stream = timed.traceAIStream({ provider: 'ollama', model: 'm' }, () =>
    chunks(3, () => {
      clock.advance(250)
    }),
  )
  expect(await Array.fromAsync(stream)).toEqual([0, 1, 2])
  expect(exporter.getFinishedSpans()).toMatchObject([
    {
      name: 'chat m',
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': 0.25,
        'alfred.stream.chunks': 3,
        'alfred.stream.outcome': 'completed',
      },
    },
  ])
})

const silent = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
})

it.each<[string, (t: Tracing) => Promise<unknown>, string, number]>([
  [
    'its reader leaves',
    async (t) => {
      for await (const chunk of t.traceStream('s', {}, () => chunks(9))) if (chunk === 2) break
    },
    'returned',
    3,
  ],
  [
    'it throws',
    (t) =>
      Array.fromAsync(
        t.traceStream('s', {}, () =>
          chunks(9, () => {
            throw failure()
          }),
        ),
      ),
    'failed',
    0,
  ],
  [
    'it cannot be opened',
    (t) => Array.fromAsync(t.traceStream('s', {}, () => Promise.reject(failure()))),
    'failed',
    0,
  ],
  [
    'its signal aborts while it is silent',
    (t) => {
      const controller = new AbortController()
      void t.traceStream('s', {}, silent, { signal: controller.signal }).next()
      controller.abort()
      return Promise.resolve()
    },
    'aborted',
    0,
  ],
  [
    'its signal was aborted before',
    async (t) => {
      await t.traceStream('s', {}, () => chunks(1), { signal: AbortSignal.abort() }).next()
    },
    'aborted',
    0,
  ],
  [
    'its reader leaves while it is silent',
    (t) => {
      const stream = t.traceStream('s', {}, silent)
      void stream.next()
      void stream.return?.()
      return Promise.resolve()
    },
    'returned',
    0,
  ],
])('ends the span of a stream when %s', async (_when, act, outcome, count) => {
  if (outcome === 'failed') await expect(act(tracing)).rejects.toThrow(failure().message)
  else await act(tracing)
  const spans = exporter.getFinishedSpans()
  expect(spans).toHaveLength(1)
  expect(spans[0]?.attributes).toMatchObject({
    'alfred.stream.outcome': outcome,
    'alfred.stream.chunks': count,
  })
  expect(spans[0]?.status.code).toBe(outcome === 'failed' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET)
})

it('closes the source of a stream that is left, and reads no further', async () => {
  const source = chunks(9)
  const close = vi.spyOn(source, 'return')
  const stream = tracing.traceStream('s', {}, () => source)
  await stream.next()
  await stream.return?.()
  expect(close).toHaveBeenCalledOnce()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

it('makes no span for a stream that nobody reads, and a child of where it was made for one that is', async () => {
  let stream: ReturnType<typeof tracing.traceStream<number>> | undefined
  tracing.withSpan('maker', {}, () => {
    stream = tracing.traceStream('read', {}, () => tracing.withSpan('open', {}, () => chunks(1)))
    tracing.traceStream('unread', {}, () => chunks(1))
  })
  await Array.fromAsync(stream ?? [])
  const [maker, open, read] = exporter.getFinishedSpans()
  expect(exporter.getFinishedSpans()).toHaveLength(3)
  expect(read).toMatchObject({ name: 'read', parentSpanContext: { spanId: maker?.spanContext().spanId } })
  expect(open).toMatchObject({ name: 'open', parentSpanContext: { spanId: read?.spanContext().spanId } })
})

it('ends the spans of 1,000 aborted streams and leaves no listener on the signal', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const removed = vi.spyOn(signal, 'removeEventListener')
  const streams = Array.from({ length: 1000 }, () => tracing.traceStream('s', {}, silent, { signal }))
  for (const stream of streams) void stream.next()
  await Promise.resolve()
  controller.abort()
  expect(exporter.getFinishedSpans()).toHaveLength(1000)
  expect(removed).toHaveBeenCalledTimes(1000)
})

it('names every wrong option at once', () => {
  const wrong = { ignored: '/x', mounts: ['api'], trustProxy: true }
  expect(() => createTracing(wrong as object)).toThrow(
    /tracing\.ignored: .*"ignore"[\s\S]*tracing\.mounts\[0\][\s\S]*tracing\.trustProxy/,
  )
})

it.each([
  [false, undefined],
  [true, 'GET'],
])('with previousNames %s a span has them too', async (previousNames, expected) => {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = createTracing({ tracerProvider, previousNames })
  await tracing.withSpan('x', { 'http.request.method': 'GET' }, (span) => {
    span.setAttribute('db.system.name', 'postgresql')
    span.setAttributes({ 'gen_ai.provider.name': 'openai', 'orders.count': 3 })
    return Promise.resolve()
  })
  const [span] = exporter.getFinishedSpans()
  expect(span?.attributes['http.request.method']).toBe('GET')
  expect(span?.attributes['http.method']).toBe(expected)
  expect(span?.attributes['db.system']).toBe(previousNames ? 'postgresql' : undefined)
  expect(span?.attributes['gen_ai.system']).toBe(previousNames ? 'openai' : undefined)
  expect(span?.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai', 'orders.count': 3 })
})

it.each([
  [false, undefined],
  [true, '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]'],
])('with aiContent %s a span holds what was asked', (aiContent, expected) => {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = createTracing({ tracerProvider, aiContent })
  tracing.traceAIRequest({ provider: 'openai' }, (span) => {
    tracing.recordAIContent(span, { input: [{ role: 'user', content: 'hello' }] })
  })
  expect(exporter.getFinishedSpans()[0]?.attributes['gen_ai.input.messages']).toBe(expected)
})

it('ends the span of a stream that goes silent, once, and lets the stream go on', async () => {
  const clock = createFakeClock()
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = createTracing({ tracerProvider, clock })
  async function* chunks() {
    yield 1
    clock.advance(700)
    yield 2
    clock.advance(1500)
    yield 3
    await Promise.resolve()
  }
  const seen: number[] = []
  for await (const chunk of tracing.traceStream('s', {}, chunks, { idleTimeoutMs: 1000 })) seen.push(chunk)
  expect(seen).toEqual([1, 2, 3])
  expect(exporter.getFinishedSpans().map(({ attributes, status }) => [attributes, status.code])).toEqual([
    [
      {
        'alfred.stream.time_to_first_chunk': 0,
        'alfred.stream.longest_gap': 0.7,
        'alfred.stream.chunks': 2,
        'alfred.stream.outcome': 'idle',
        'error.type': 'timeout',
      },
      SpanStatusCode.ERROR,
    ],
  ])
  expect(clock.pendingTimers).toBe(0)
})
