import {
  AlfredConfigError,
  collectConfigProblems,
  inspectOptions,
  type Lifecycle,
  lifecycle,
  observed,
  option,
  type Options,
  plainEntries,
  reportMisplaced,
  type Rule,
} from '@alfred/core'
import { type AlertDispatcher, createAlertDispatcher } from './alerts/alert-dispatcher.ts'
import type { AlertDispatcherOptions } from './alerts/alert-dispatcher-options.ts'
import { createErrorTracker, type ErrorTracker } from './errors/error-tracker.ts'
import type { ErrorTrackerOptions } from './errors/error-tracker-options.ts'
import { identityRules, type ReporterIdentity } from './delivery/identity.ts'
import { alertingPeers } from './alerting-peers.ts'

/** What is said once for both. */
type SharedOption = 'clock' | 'events' | 'logger' | keyof ReporterIdentity

/** Error tracking and alerts of one server. */
export interface Alerting extends Lifecycle {
  readonly errorTracker: ErrorTracker
  readonly dispatcher: AlertDispatcher
}

/** Judged by the part itself, which knows its options. */
const partRule = <Options extends object>(): Rule<object, Options> =>
  option.custom<object, Options>((value, report) => {
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    const options = Object.fromEntries(entries)
    const owner = 'beside errorTracker and dispatcher'
    reportMisplaced(options, Object.keys(identityRules), owner, report)
    const top = `${owner}; with alfredHardening, at the top of the configuration`
    reportMisplaced(options, ['clock', 'events', 'logger'], top, report)
    return options
  })

const alertingRule = option.object(
  {
    ...identityRules,
    /** Where errors are reported. @default nowhere */
    errorTracker: partRule<Omit<ErrorTrackerOptions, SharedOption>>().optional(),
    /** Where alerts go. @default nowhere */
    dispatcher: partRule<Omit<AlertDispatcherOptions, SharedOption>>().optional(),
    /** The layers' events; some become alerts. @default none */
    events: observed.events,
    /** @default discards everything */
    logger: observed.logger,
    /** @default the machine's own time */
    clock: observed.clock,
  },
  { peers: alertingPeers },
)

/** The options of {@link createAlerting}. */
export interface AlertingOptions extends ReporterIdentity, Options<typeof alertingRule> {}

/**
 * Builds the error tracker and the alert dispatcher of a server, which report under one name and end together. Each
 * does nothing as long as it has no sink.
 *
 * @throws `AlfredConfigError` naming every problem of the options
 *
 * @example
 * ```ts
 * import { alertmanagerSink, createAlerting, sentrySink } from '@alfred/alerting'
 *
 * const alerting = createAlerting({
 *   service: 'shop',
 *   environment: 'production',
 *   errorTracker: { sinks: [sentrySink({ dsn: 'https://0123456789abcdef@sentry.example.com/42' })] },
 *   dispatcher: { sinks: [alertmanagerSink({ url: 'http://alertmanager:9093' })] },
 * })
 * alerting.errorTracker.capture(new Error('the cart is empty'))
 * ```
 */
export function createAlerting(options: AlertingOptions = {}): Alerting {
  const { value, problems: found } = inspectOptions('alerting', options, alertingRule)
  const problems = [...found]
  // The parts judge what was given, whether or not the rest is right.
  const { errorTracker: trackerOptions, dispatcher: dispatcherOptions, ...shared } = value ?? {}
  const errorTracker = collectConfigProblems(problems, () =>
    createErrorTracker({ sinks: [], ...trackerOptions, ...shared }),
  )
  const dispatcher = collectConfigProblems(problems, () =>
    createAlertDispatcher({ sinks: [], ...dispatcherOptions, ...shared }),
  )
  if (errorTracker === undefined || dispatcher === undefined || problems.length > 0) {
    void dispatcher?.close()
    throw new AlfredConfigError(problems)
  }
  return Object.freeze({
    ...lifecycle(async () => {
      await Promise.all([errorTracker.close(), dispatcher.close()])
    }),
    errorTracker,
    dispatcher,
  })
}
