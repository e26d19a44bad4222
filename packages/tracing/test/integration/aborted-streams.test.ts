import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, it, onTestFinished } from 'vitest'
import { createTracing } from '../../src/index.ts'

it('ends the spans of 1,000 event streams whose clients left', async () => {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = createTracing({ tracerProvider })
  const server = createServer((request, response) => {
    tracing.middleware(request, response, () => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo

  const leave = async (): Promise<void> => {
    const client = get({ port, host: '127.0.0.1', agent: false })
    client.on('error', () => undefined)
    await once(client, 'response')
    client.destroy()
  }
  for (let batch = 0; batch < 20; batch++) await Promise.all(Array.from({ length: 50 }, leave))

  await expect.poll(() => exporter.getFinishedSpans().length, { timeout: 10_000 }).toBe(1000)
  const outcomes = exporter
    .getFinishedSpans()
    .map(({ attributes }) => attributes['alfred.http.response.outcome'])
  expect(new Set(outcomes)).toEqual(new Set(['aborted']))
})
