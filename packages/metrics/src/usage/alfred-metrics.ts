import { isAlfredError, option, type Options, readOptions } from '@alfred/core'
import type { Gauge } from '../instruments/instruments.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'

/** What a database statement does. */
export type DatabaseOperation = 'select' | 'insert' | 'update' | 'delete' | 'other'

/** The metrics of the assistant, by what happens in it. Durations are in milliseconds. */
export interface AlfredMetrics {
  /** A chat message was answered: `alfred_chat_messages_total`. */
  trackChatMessage(): void
  /** A template was generated: `alfred_templates_generated_total`, `alfred_template_processing_duration_seconds`. */
  trackTemplateGenerated(durationMs: number): void
  /** Something failed: `alfred_errors_total`, by the code of an Alfred error or the name of any other. */
  trackError(error: unknown): void
  /** A provider failed: `alfred_ai_failures_total`. */
  trackAiFailure(provider: string): void
  /** A provider answered: `alfred_ai_response_duration_seconds`. */
  observeAiResponse(provider: string, durationMs: number): void
  /** A statement ran: `alfred_database_query_duration_seconds`. */
  observeDatabaseQuery(operation: DatabaseOperation, durationMs: number): void
  /** Chat sessions that are open: `alfred_active_sessions`. */
  readonly activeSessions: Gauge
}

const aiBuckets = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120]
const databaseBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]
const templateBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]

const defaultProviders = ['openai', 'anthropic', 'ollama']
const defaultErrorTypes = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AbortError', 'TimeoutError']

/** How many types of errors are kept apart. */
const maxErrorTypes = 50

const optionsRule = option.object({
  /** The AI providers that are kept apart. @default openai, anthropic, ollama */
  providers: option.list(option.string(), { min: 1 }).default(defaultProviders),
  /** Types of errors that are exported as 0 before the first one. @default the types of the language */
  errorTypes: option.list(option.string()).default(defaultErrorTypes),
})

/** The options of {@link createAlfredMetrics}. */
export interface AlfredMetricsOptions extends Options<typeof optionsRule> {}

// What is a class name rather than some text that was put in its place.
const typeName = /^[A-Za-z_$][\w$.]{0,63}$/

function errorType(error: unknown): string {
  if (isAlfredError(error)) return error.code
  if (!(error instanceof Error)) return 'other'
  return typeName.test(error.name) ? error.name : 'other'
}

/**
 * Defines the assistant's metrics in `metrics`. What may never happen is exported as 0 from the start, so
 * that an alert on its increase sees the first time.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createAlfredMetrics, createMetrics } from '@alfred/metrics'
 *
 * const alfred = createAlfredMetrics(createMetrics())
 * alfred.trackChatMessage()
 * alfred.observeAiResponse('openai', 1840)
 * ```
 */
export function createAlfredMetrics(
  metrics: MetricFactory,
  options: AlfredMetricsOptions = {},
): AlfredMetrics {
  const { providers, errorTypes } = readOptions('alfredMetrics', options, optionsRule)
  const provider = { max: providers.length, known: providers }

  const messages = metrics.counter({
    name: 'alfred_chat_messages_total',
    help: 'Chat messages that were processed.',
  })
  const templates = metrics.counter({
    name: 'alfred_templates_generated_total',
    help: 'Templates that were generated.',
  })
  const errors = metrics.counter({
    name: 'alfred_errors_total',
    help: 'Errors by type.',
    labels: { error_type: { max: maxErrorTypes } },
  })
  const aiFailures = metrics.counter({
    name: 'alfred_ai_failures_total',
    help: 'Failures of AI providers.',
    labels: { provider },
  })
  const aiResponses = metrics.histogram({
    name: 'alfred_ai_response_duration_seconds',
    help: 'How long AI providers took to answer in full.',
    labels: { provider },
    buckets: aiBuckets,
  })
  const activeSessions = metrics.gauge({
    name: 'alfred_active_sessions',
    help: 'Chat sessions that are open.',
  })
  const queries = metrics.histogram({
    name: 'alfred_database_query_duration_seconds',
    help: 'How long database statements took.',
    labels: { operation: ['select', 'insert', 'update', 'delete'] },
    buckets: databaseBuckets,
  })
  const templateDurations = metrics.histogram({
    name: 'alfred_template_processing_duration_seconds',
    help: 'How long templates took to generate.',
    buckets: templateBuckets,
  })

  for (const type of [...errorTypes, 'other']) errors.with({ error_type: type })
  for (const name of [...providers, 'other']) aiFailures.with({ provider: name })

  return Object.freeze({
    trackChatMessage() {
      messages.inc()
    },
    trackTemplateGenerated(durationMs: number) {
      templates.inc()
      templateDurations.observe(durationMs / 1000)
    },
    trackError(error: unknown) {
      errors.with({ error_type: errorType(error) }).inc()
    },
    trackAiFailure(name: string) {
      aiFailures.with({ provider: name }).inc()
    },
    observeAiResponse(name: string, durationMs: number) {
      aiResponses.with({ provider: name }).observe(durationMs / 1000)
    },
    observeDatabaseQuery(operation: DatabaseOperation, durationMs: number) {
      queries.with({ operation }).observe(durationMs / 1000)
    },
    activeSessions,
  })
}
