import { observed, option, type Options, readOptions } from '@alfred/core'
import { type Sink, sinksRule } from '../delivery/sink.ts'
import { identityRules, type ReporterIdentity } from '../delivery/identity.ts'
import type { AlertNotification } from './alert.ts'

/** Where alerts go. */
export type AlertSink = Sink<AlertNotification>

const alertDispatcherRule = option.object({
  ...identityRules,
  /** How many alerts may be waiting for one sink. @default 500 */
  queueSize: option.integer({ min: 1, max: 10_000 }).default(500),
  /** How long one attempt may take, in ms. @default 5_000 */
  timeoutMs: option.integer({ min: 1, max: 60_000 }).default(5000),
  /** How long a notification is tried again, in ms. @default 3_600_000 */
  maxAgeMs: option.integer({ min: 0 }).default(3_600_000),
  /** How long `close` waits for what is under way, in ms. @default 2_000 */
  closeTimeoutMs: option.integer({ min: 0, max: 60_000 }).default(2000),
  /** The layers' events that become alerts. @default none */
  events: observed.events,
  /** @default discards everything */
  logger: observed.logger,
  /** @default the machine's own time */
  clock: observed.clock,
  /** Where alerts go; each has a queue of its own. */
  sinks: sinksRule<AlertNotification>(),
  /** How often a firing alert is told again, in ms. @default 14_400_000: four hours */
  repeatIntervalMs: option.integer({ min: 1_000 }).default(14_400_000),
  /** How long an alert that was firing stays so after its cause is gone, in ms, against flapping. @default 60_000 */
  keepFiringForMs: option.integer({ min: 0 }).default(60_000),
  /** Names of alerts that nobody is told of. @default none */
  mute: option.list(option.string()).default([]),
  /** Where the runbook is published; an alert's section is `<url>#<name in lower case>`. @default no link */
  runbookUrl: option.string({ pattern: /^https?:\/\/[^\s#]+$/, hint: 'a URL without #' }).optional(),
})

/** The options of {@link createAlertDispatcher}. */
export interface AlertDispatcherOptions extends ReporterIdentity, Options<typeof alertDispatcherRule> {}

/** The options with every default, and who reports by itself. */
export function resolveAlertDispatcherOptions(options: AlertDispatcherOptions) {
  const { service, environment, release, instance, ...read } = readOptions(
    'alerting.dispatcher',
    options,
    alertDispatcherRule,
  )
  return Object.freeze({ ...read, identity: { service, environment, release, instance } })
}

export type ResolvedAlertDispatcherOptions = ReturnType<typeof resolveAlertDispatcherOptions>
