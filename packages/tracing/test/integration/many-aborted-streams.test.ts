import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ExportResultCode } from '@opentelemetry/core'
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, it } from 'vitest'
import { createTracing } from '../../src/index.ts'

const streams = 10_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapUsed = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('ends the spans of 10,000 aborted streams once each, leaves no listener and no memory', async () => {
  let ended = 0
  const exporter: SpanExporter = {
    export(spans, done) {
      ended += spans.length
      done({ code: ExportResultCode.SUCCESS })
    },
    shutdown: () => Promise.resolve(),
  }
  const tracing = createTracing({
    tracerProvider: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  })
  async function* silentAfterOne(signal: AbortSignal) {
    yield 1
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true })
    })
  }

  const abortOne = async (): Promise<number> => {
    const controller = new AbortController()
    const { signal } = controller
    const stream = tracing.traceAIStream({ provider: 'openai' }, () => silentAfterOne(signal), { signal })
    await stream.next()
    const pending = stream.next()
    await Promise.resolve()
    controller.abort()
    await pending
    await stream.return?.()
    return getEventListeners(signal, 'abort').length
  }

  let listeners = 0
  for (let i = 0; i < streams / 10; i++) listeners += await abortOne()
  const before = heapUsed()
  for (let i = 0; i < (streams / 10) * 9; i++) listeners += await abortOne()
  const grown = heapUsed() - before

  await expect.poll(() => ended, { timeout: 10_000 }).toBe(streams)
  expect(listeners).toBe(0)
  expect(grown).toBeLessThan(2 * 1024 * 1024)
}, 120_000)
