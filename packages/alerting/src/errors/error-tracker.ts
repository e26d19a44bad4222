import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  asError,
  createGuardedFunction,
  createRouteResolver,
  type Lifecycle,
  lifecycle,
  option,
  readOptions,
  requestContext,
} from '@alfred/core'
import { createDeliveryQueues, type DeliveryCounts } from '../delivery/delivery-queues.ts'
import { createRedactor } from './redaction.ts'
import { describeErrors } from './describe-error.ts'
import type { ErrorLevel, ErrorReport } from './error-report.ts'
import {
  type ErrorTrackerOptions,
  type RequestDescription,
  resolveErrorTrackerOptions,
} from './error-tracker-options.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createRepeatLimit } from './repeat-limit.ts'

/** What is known about an error beside itself. */
export interface ErrorContext extends RequestDescription {
  /** The request that failed: its id, trace, method and route's template are reported, nothing of its content. */
  readonly request?: IncomingMessage | undefined
  /** @default 'error' */
  readonly level?: ErrorLevel | undefined
}

/** What an {@link ErrorTracker} has done so far. */
export interface ErrorTrackerStats extends DeliveryCounts {
  readonly captured: number
  /** Held back as repetitions. */
  readonly heldBack: number
}

/** Reports errors to where people see them. */
export interface ErrorTracker extends Lifecycle {
  /** Reports an error in the background; never throws, never waits. */
  capture(error: unknown, context?: ErrorContext): void
  /** Resolves when everything was delivered, or after `timeoutMs`; then answers `false`. @default 2_000 */
  flush(timeoutMs?: number): Promise<boolean>
  stats(): ErrorTrackerStats
}

const repeatWindowMs = 60_000

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws TypeError for what is no description */
function readDescription(answer: unknown): RequestDescription | undefined {
  if (answer === undefined) return undefined
  if (!isRecord(answer))
    throw new TypeError('errorTracker.describeRequest must return an object or undefined')
  const { tags = {}, extra = {} } = answer
  if (!isRecord(tags) || !isRecord(extra)) throw new TypeError('tags and extra must be objects')
  return {
    tags: Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, String(value)])),
    extra,
  }
}

/**
 * Builds an error tracker. A report goes through redaction, is grouped by its fingerprint, limited per group, and
 * waits in a bounded queue per sink; a sink that is slow or down costs the caller nothing.
 *
 * @throws `AlfredConfigError` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createErrorTracker, sentrySink } from '@alfred/alerting'
 *
 * const tracker = createErrorTracker({
 *   service: 'shop',
 *   environment: 'production',
 *   sinks: [sentrySink({ dsn: 'https://0123456789abcdef@sentry.example.com/42' })],
 * })
 * tracker.capture(new Error('the cart is empty'), { tags: { area: 'checkout' } })
 * ```
 */
export function createErrorTracker(options: ErrorTrackerOptions): ErrorTracker {
  const {
    sinks,
    identity,
    redact,
    fingerprint: ownFingerprint,
    describeRequest,
    maxPerMinute,
    mounts,
    closeTimeoutMs,
    events,
    logger,
    clock,
    ...settings
  } = resolveErrorTrackerOptions(options)
  const redactor = createRedactor(redact)
  const repeats = createRepeatLimit(clock, maxPerMinute, repeatWindowMs)
  const resolveRoute = createRouteResolver(mounts)
  const queues = createDeliveryQueues<ErrorReport>({
    ...settings,
    channel: 'errors',
    sinks,
    keyOf: () => undefined,
    events,
    logger,
    clock,
  })
  const readFingerprint =
    ownFingerprint &&
    createGuardedFunction({
      name: 'errorTracker.fingerprint',
      call: ownFingerprint,
      read(answer) {
        if (answer === undefined || (typeof answer === 'string' && answer !== '')) return answer
        throw new TypeError('errorTracker.fingerprint must return a non-empty string or undefined')
      },
      fallback: undefined,
      consequence: 'errors are grouped by the default fingerprint',
      logger,
    })
  const readRequest =
    describeRequest &&
    createGuardedFunction({
      name: 'errorTracker.describeRequest',
      call: describeRequest,
      read: readDescription,
      fallback: undefined,
      consequence: 'reports say nothing of who asked',
      logger,
    })
  let captured = 0
  let heldBack = 0

  const describe = (error: unknown, { request, level = 'error', ...context }: ErrorContext) => {
    const errors = describeErrors(error, redactor)
    const [{ frames, ...first }] = errors
    const fingerprint = readFingerprint?.(error) ?? fingerprintOf(first, frames)
    const repeat = repeats.take(fingerprint)
    if (repeat === undefined) {
      heldBack += 1
      return undefined
    }
    const ids = request && requestContext(request)
    const description = request && readRequest?.(request)
    const tags = { ...description?.tags, ...context.tags }
    const extra =
      description?.extra || context.extra ? { ...description?.extra, ...context.extra } : undefined
    const report: ErrorReport = {
      id: randomBytes(16).toString('hex'),
      fingerprint,
      occurredAt: clock.now(),
      level,
      errors,
      repeats: repeat,
      requestId: ids?.requestId,
      traceId: ids?.traceId,
      method: request?.method,
      route: request && resolveRoute(request),
      ...identity,
      tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, redactor.text(value)])),
      extra: redactor.value(extra),
    }
    return report
  }

  return Object.freeze({
    ...lifecycle(() => queues.close(closeTimeoutMs)),
    capture(error: unknown, context: ErrorContext = {}) {
      captured += 1
      try {
        const report = describe(error, context)
        if (report !== undefined) queues.push(report)
      } catch (failure) {
        // A getter of the error that throws, or a fingerprint function: the caller is in trouble enough.
        logger.warn({ reason: asError(failure).name }, 'an error could not be reported')
      }
    },
    flush: async (timeoutMs = 2_000) =>
      queues.flush(readOptions('errorTracker.flush', timeoutMs, option.number({ min: 0 }))),
    stats: () => ({ captured, heldBack, ...queues.counts() }),
  })
}
