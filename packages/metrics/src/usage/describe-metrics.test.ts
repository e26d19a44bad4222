import { expect, it } from 'vitest'
import { describeMetrics } from './describe-metrics.ts'

it('describes every metric once, with what it was defined with', () => {
  const definitions = describeMetrics()
  const names = definitions.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  // Those that the task of this project names.
  expect(names).toEqual(
    expect.arrayContaining([
      'alfred_chat_messages_total',
      'alfred_templates_generated_total',
      'alfred_ai_response_duration_seconds',
      'alfred_active_sessions',
      'alfred_errors_total',
      'alfred_ai_failures_total',
      'alfred_database_query_duration_seconds',
      'alfred_template_processing_duration_seconds',
    ]),
  )
  expect(definitions.find(({ name }) => name === 'http_server_request_duration_seconds')).toMatchObject({
    kind: 'histogram',
    aggregation: 'sum',
    buckets: expect.arrayContaining([2]) as number[],
    labels: { outcome: ['completed', 'aborted'] },
  })
})
