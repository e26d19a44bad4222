import { afterAll, beforeAll, expect, it } from 'vitest'
import { alfredHardening } from '@alfred/prod-security'
import { type RecordedSpans, recordSpans } from '../../src/traces/recorded-spans.ts'
import { createTracedService, runW3CCases } from '../../src/traces/w3c-client.ts'

let spans: RecordedSpans

beforeAll(() => {
  spans = recordSpans()
})
afterAll(() => {
  spans[Symbol.dispose]()
})

it('passes the cases of the W3C suite, but for the flag that the SDK does not pass on', async () => {
  const guard = alfredHardening({ rateLimit: false })
  const figures = await runW3CCases(createTracedService(guard))
  await guard.close()
  expect(figures).toEqual({ w3cPassed: 40, w3cTotal: 41, w3cFailed: ['the random flag of Level 2'] })
})
