import {
  type Clock,
  type EventBus,
  type Logger,
  noopLogger,
  option,
  readOptions,
  systemClock,
} from '@alfred/core'
import { type DeliverySettings } from '../delivery/delivery-queue.ts'
import { type Sink, sinksRule } from '../delivery/sink.ts'
import { deliveryRules } from '../errors/error-tracker-options.ts'
import {
  identityRules,
  type ReporterIdentity,
  type ResolvedIdentity,
  resolveIdentity,
} from '../delivery/identity.ts'
import type { AlertNotification } from './alert.ts'

/** Where alerts go. */
export type AlertSink = Sink<AlertNotification>

/** The options of {@link createAlertDispatcher}. */
export interface AlertDispatcherOptions extends ReporterIdentity {
  /** Where alerts go; each has a queue of its own. */
  readonly sinks: readonly AlertSink[]
  /** How often a firing alert is told again, in ms. @default 14_400_000: four hours */
  readonly repeatIntervalMs?: number | undefined
  /** How long an alert that was firing stays so after its cause is gone, in ms, against flapping. @default 60_000 */
  readonly keepFiringForMs?: number | undefined
  /** Names of alerts that nobody is told of. @default none */
  readonly mute?: readonly string[] | undefined
  /** Where the runbook is published; an alert's section is `<url>#<name in lower case>`. @default no link */
  readonly runbookUrl?: string | undefined
  /** How many alerts may be waiting for one sink. @default 500 */
  readonly queueSize?: number | undefined
  /** How long one attempt may take, in ms. @default 5_000 */
  readonly timeoutMs?: number | undefined
  /** How long a notification is tried again, in ms. @default 3_600_000 */
  readonly maxAgeMs?: number | undefined
  /** How long `close` waits for what is under way, in ms. @default 2_000 */
  readonly closeTimeoutMs?: number | undefined
  /** The layers' events that become alerts. @default none */
  readonly events?: EventBus | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
}

export interface ResolvedAlertDispatcherOptions extends DeliverySettings {
  readonly sinks: readonly AlertSink[]
  readonly identity: ResolvedIdentity
  readonly repeatIntervalMs: number
  readonly keepFiringForMs: number
  readonly mute: readonly string[]
  readonly runbookUrl: string | undefined
  readonly closeTimeoutMs: number
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const rule = option.objectOf<AlertDispatcherOptions>(
  {
    ...identityRules,
    ...deliveryRules,
    sinks: sinksRule<AlertNotification>(),
    repeatIntervalMs: option.integer({ min: 1_000 }),
    keepFiringForMs: option.integer({ min: 0 }),
    mute: option.list(option.string()),
    runbookUrl: option.string({ pattern: /^https?:\/\/[^\s#]+$/, hint: 'a URL without #' }),
  },
  { required: ['sinks'] },
)

export function resolveAlertDispatcherOptions(
  options: AlertDispatcherOptions,
): ResolvedAlertDispatcherOptions {
  const read = readOptions('alerting.dispatcher', options, rule)
  return Object.freeze({
    sinks: read.sinks,
    identity: resolveIdentity(read),
    repeatIntervalMs: read.repeatIntervalMs ?? 14_400_000,
    keepFiringForMs: read.keepFiringForMs ?? 60_000,
    mute: read.mute ?? [],
    runbookUrl: read.runbookUrl,
    queueSize: read.queueSize ?? 500,
    timeoutMs: read.timeoutMs ?? 5_000,
    maxAgeMs: read.maxAgeMs ?? 3_600_000,
    closeTimeoutMs: read.closeTimeoutMs ?? 2_000,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}
