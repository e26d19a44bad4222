import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { requestContext } from '@alfred/core'
import { expect, it } from 'vitest'
import { createTracing } from './tracing.ts'

const tracing = createTracing()

it('only calls the work', () => {
  const work = (span: { isRecording(): boolean }) => span.isRecording()
  expect(tracing.withSpan('work', {}, work)).toBe(false)
  expect(tracing.traceAIRequest({ provider: 'openai', model: 'm' }, work)).toBe(false)
  expect(tracing.traceTemplateGeneration({ templateId: 't', variableCount: 0 }, work)).toBe(false)
  expect(tracing.traceDatabaseQuery({ operation: 'SELECT', collection: 't' }, work)).toBe(false)
})

it('passes streams through', async () => {
  const source = async function* () {
    yield await Promise.resolve(1)
  }
  expect(await Array.fromAsync(tracing.traceStream('s', {}, source))).toEqual([1])
})

it('leaves requests alone', () => {
  const request = new IncomingMessage(new Socket())
  request.headers['traceparent'] = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const response = new ServerResponse(request)
  let passed = false
  tracing.middleware(request, response, () => (passed = true))
  expect(passed).toBe(true)
  expect(response.listenerCount('close')).toBe(0)
  expect(requestContext(request).traceId).toBeUndefined()
})
