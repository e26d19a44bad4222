import { AlfredError } from '@alfred/core'
import { expect, it, onTestFinished } from 'vitest'
import { type AlfredMetrics, createAlfredMetrics } from './alfred-metrics.ts'
import { createMetrics } from '../metrics.ts'

const create = () => {
  const metrics = createMetrics({ runtime: false })
  onTestFinished(() => metrics.close())
  return { metrics, alfred: createAlfredMetrics(metrics) }
}

class Renamed extends Error {
  override name = 'anything "at all"'
}

it.each<[string, (alfred: AlfredMetrics) => void, string[]]>([
  [
    'a message',
    (alfred) => {
      alfred.trackChatMessage()
    },
    ['alfred_chat_messages_total 1'],
  ],
  [
    'a template',
    (alfred) => {
      alfred.trackTemplateGenerated(20)
    },
    [
      'alfred_templates_generated_total 1',
      'alfred_template_processing_duration_seconds_bucket{le="0.01"} 0',
      'alfred_template_processing_duration_seconds_bucket{le="0.025"} 1',
    ],
  ],
  [
    'an error',
    (alfred) => {
      alfred.trackError(new TypeError('x'))
    },
    ['alfred_errors_total{error_type="TypeError"} 1'],
  ],
  [
    'an error of ours',
    (alfred) => {
      alfred.trackError(new AlfredError('ALFRED_STORE_TIMEOUT', 'x', { store: 'vault', timeoutMs: 1 }))
    },
    ['alfred_errors_total{error_type="ALFRED_STORE_TIMEOUT"} 1'],
  ],
  [
    'an error with a text for a name',
    (alfred) => {
      alfred.trackError(new Renamed())
    },
    ['alfred_errors_total{error_type="other"} 1'],
  ],
  [
    'a thrown string',
    (alfred) => {
      alfred.trackError('x')
    },
    ['alfred_errors_total{error_type="other"} 1'],
  ],
  [
    'a failure',
    (alfred) => {
      alfred.trackAiFailure('openai')
    },
    ['alfred_ai_failures_total{provider="openai"} 1'],
  ],
  [
    'a failure of an unknown provider',
    (alfred) => {
      alfred.trackAiFailure('x')
    },
    ['alfred_ai_failures_total{provider="other"} 1'],
  ],
  [
    'a slow answer',
    (alfred) => {
      alfred.observeAiResponse('ollama', 61_000)
    },
    [
      'alfred_ai_response_duration_seconds_bucket{provider="ollama",le="60"} 0',
      'alfred_ai_response_duration_seconds_bucket{provider="ollama",le="120"} 1',
    ],
  ],
  [
    'a query',
    (alfred) => {
      alfred.observeDatabaseQuery('select', 3)
    },
    ['alfred_database_query_duration_seconds_bucket{operation="select",le="0.005"} 1'],
  ],
  [
    'sessions',
    (alfred) => {
      alfred.activeSessions.inc()
      alfred.activeSessions.inc()
      alfred.activeSessions.dec()
    },
    ['alfred_active_sessions 1'],
  ],
])('tracks %s', async (_what, track, lines) => {
  const { metrics, alfred } = create()
  track(alfred)
  const { body } = await metrics.expose()
  for (const line of lines) expect(body).toContain(`\n${line}\n`)
})

it('exports 0 for what has not happened', async () => {
  const { metrics } = create()
  const { body } = await metrics.expose()
  for (const line of [
    'alfred_chat_messages_total 0',
    'alfred_errors_total{error_type="Error"} 0',
    'alfred_errors_total{error_type="other"} 0',
    'alfred_ai_failures_total{provider="anthropic"} 0',
  ]) {
    expect(body).toContain(`\n${line}\n`)
  }
})
