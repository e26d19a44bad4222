import { createTracing } from '@alfred/tracing'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, it } from 'vitest'
import type { ChatProvider } from './chat-provider.ts'
import { traceProvider } from './traced-provider.ts'

const { signal } = new AbortController()

function traced(tokens: () => AsyncIterable<string>) {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const provider: ChatProvider = {
    name: 'openai',
    answer: () =>
      Promise.resolve({
        model: 'gpt-5-mini',
        tokens: tokens(),
        finish: () => 'stop' as const,
        usage: () => ({ inputTokens: 7, outputTokens: 2 }),
      }),
    probe: () => Promise.resolve(),
  }
  return { exporter, provider: traceProvider(provider, createTracing({ tracerProvider })) }
}

async function* says(...tokens: readonly string[]): AsyncGenerator<string> {
  await Promise.resolve()
  yield* tokens
}

it('covers an answer from the call to its last token', async () => {
  const { exporter, provider } = traced(() => says('Hello', ' world'))
  const { model, tokens } = await provider.answer([], signal)
  expect(model).toBe('gpt-5-mini')
  expect(exporter.getFinishedSpans()).toEqual([])
  expect(await Array.fromAsync(tokens)).toEqual(['Hello', ' world'])
  expect(exporter.getFinishedSpans()).toMatchObject([
    {
      name: 'chat',
      attributes: {
        'gen_ai.provider.name': 'openai',
        'gen_ai.response.model': 'gpt-5-mini',
        'gen_ai.usage.input_tokens': 7,
        'gen_ai.usage.output_tokens': 2,
      },
    },
  ])
})

it('ends when the reader leaves', async () => {
  const { exporter, provider } = traced(() => says('Hello', ' world'))
  const { tokens } = await provider.answer([], signal)
  for await (const token of tokens) {
    expect(token).toBe('Hello')
    break
  }
  expect(exporter.getFinishedSpans()).toHaveLength(1)
})

it('hands an empty answer on as it is', async () => {
  const { exporter, provider } = traced(() => says())
  const { tokens } = await provider.answer([], signal)
  expect(await Array.fromAsync(tokens)).toEqual([])
  expect(exporter.getFinishedSpans()).toHaveLength(1)
})
