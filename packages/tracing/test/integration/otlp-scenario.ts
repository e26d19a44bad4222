/** Sends one span of each kind to the OTLP receiver at the address given as the first argument. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createTracing, recordAIResponse, traceFields } from '../../src/index.ts'

const exporter = new OTLPTraceExporter({ url: process.argv[2] ?? '' })
const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(provider)

const tracing = createTracing()

async function* tokens(): AsyncGenerator<string> {
  yield 'a'
  await Promise.resolve()
  yield 'b'
}

async function answer(): Promise<void> {
  tracing.traceDatabaseQuery({ operation: 'SELECT', collection: 'messages' }, () => 1)
  tracing.traceTemplateGeneration({ templateId: 't1', variableCount: 2 }, () => 'text')
  const open = (span: Parameters<typeof recordAIResponse>[0]) => {
    recordAIResponse(span, { model: 'gpt-5-2026', inputTokens: 3, outputTokens: 2, finishReasons: ['stop'] })
    tracing.recordAIContent(span, { input: [{ role: 'user', content: 'private' }] })
    return tokens()
  }
  const received: string[] = []
  for await (const token of tracing.traceAIStream({ provider: 'openai', model: 'gpt-5' }, open))
    received.push(token)
  try {
    await tracing.withSpan('work.fail', {}, () => Promise.reject(new TypeError('private')))
  } catch {
    process.stdout.write(JSON.stringify(traceFields()))
  }
}

const server = createServer((request, response) => {
  tracing.middleware(request, response, () => {
    // As Express leaves it.
    Object.assign(request, { route: { path: '/chat/:id' }, baseUrl: '' })
    void answer().finally(() => response.end())
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/chat/7?token=private`
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
await (await fetch(url, { headers: { traceparent, connection: 'close' } })).text()
server.close()
await once(server, 'close')
await provider.forceFlush()
await provider.shutdown()
