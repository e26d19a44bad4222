import {
  AlfredConfigError,
  type Clock,
  clockRule,
  collectConfigProblems,
  type EventBus,
  eventBusRule,
  type Lifecycle,
  inspectOptions,
  lifecycle,
  type Logger,
  loggerRule,
  option,
  type OptionRule,
  plainEntries,
  reportMisplaced,
} from '@alfred/core'
import { type AlertDispatcher, createAlertDispatcher } from './alerts/alert-dispatcher.ts'
import type { AlertDispatcherOptions } from './alerts/alert-dispatcher-options.ts'
import { createErrorTracker, type ErrorTracker } from './errors/error-tracker.ts'
import type { ErrorTrackerOptions } from './errors/error-tracker-options.ts'
import { identityRules, type ReporterIdentity } from './delivery/identity.ts'
import { alertingPeers } from './alerting-peers.ts'

/** What is said once for both. */
type Given = 'clock' | 'events' | 'logger' | keyof ReporterIdentity

/** The options of {@link createAlerting}. */
export interface AlertingOptions extends ReporterIdentity {
  /** Where errors are reported. @default nowhere */
  readonly errorTracker?: Omit<ErrorTrackerOptions, Given> | undefined
  /** Where alerts go. @default nowhere */
  readonly dispatcher?: Omit<AlertDispatcherOptions, Given> | undefined
  /** The layers' events; some become alerts. @default none */
  readonly events?: EventBus | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
}

/** Error tracking and alerts of one server. */
export interface Alerting extends Lifecycle {
  readonly errorTracker: ErrorTracker
  readonly dispatcher: AlertDispatcher
}

/** Judged by the part itself, which knows its options. */
const partRule: OptionRule<object> = (value, report) => {
  const entries = plainEntries(value, report)
  if (!entries) return undefined
  const options = Object.fromEntries(entries)
  const place = 'beside errorTracker and dispatcher'
  reportMisplaced(options, Object.keys(identityRules), place, report)
  const top = `${place}; with alfredHardening, at the top of the configuration`
  reportMisplaced(options, ['clock', 'events', 'logger'], top, report)
  return options
}

interface ReadOptions extends Pick<AlertingOptions, keyof ReporterIdentity | 'events' | 'logger' | 'clock'> {
  readonly errorTracker?: object | undefined
  readonly dispatcher?: object | undefined
}

const rule = option.objectOf<ReadOptions>(
  {
    ...identityRules,
    errorTracker: partRule,
    dispatcher: partRule,
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { peers: alertingPeers },
)

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
  const { value, problems: found } = inspectOptions('alerting', options, rule)
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
