import {
  type Clock,
  clockRule,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  readOptions,
  systemClock,
} from '@alfred/core'
import { type DeliverySettings } from '../delivery/delivery-queue.ts'
import { type Sink, sinksRule } from '../delivery/sink.ts'
import {
  identityRules,
  type ReporterIdentity,
  type ResolvedIdentity,
  resolveIdentity,
} from '../delivery/identity.ts'
import { type RedactionOptions, redactionRule } from './redaction.ts'
import type { ErrorReport } from './error-report.ts'

/** Where error reports go. */
export type ErrorSink = Sink<ErrorReport>

/** The options of {@link createErrorTracker}. */
export interface ErrorTrackerOptions extends ReporterIdentity {
  /** Where reports go; each has a queue of its own. */
  readonly sinks: readonly ErrorSink[]
  /** What is taken out of reports beyond keys, tokens, passwords and e-mail addresses. */
  readonly redact?: RedactionOptions | undefined
  /**
   * Groups errors in your own way; `undefined` keeps ours, and so does a failure or any other value than a non-empty
   * string. It answers at once, so an async function is refused.
   */
  readonly fingerprint?: ((error: unknown) => string | undefined) | undefined
  /** Reports of one fingerprint in a minute; what is beyond is counted in the next report. @default 5 */
  readonly maxPerMinute?: number | undefined
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  readonly mounts?: readonly string[] | undefined
  /** How many reports may wait for one sink. @default 100 */
  readonly queueSize?: number | undefined
  /** How long one attempt may take, in ms. @default 5_000 */
  readonly timeoutMs?: number | undefined
  /** How long a report is tried again, in ms. @default 300_000 */
  readonly maxAgeMs?: number | undefined
  /** How long `close` waits for what is under way, in ms. @default 2_000 */
  readonly closeTimeoutMs?: number | undefined
  /** @default none */
  readonly events?: EventBus | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
}

export interface ResolvedErrorTrackerOptions extends DeliverySettings {
  readonly sinks: readonly ErrorSink[]
  readonly identity: ResolvedIdentity
  readonly redact: RedactionOptions | undefined
  readonly fingerprint: ((error: unknown) => string | undefined) | undefined
  readonly maxPerMinute: number
  readonly mounts: readonly string[]
  readonly closeTimeoutMs: number
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

/** The rules of both kinds of delivery. */
export const deliveryRules = {
  queueSize: option.integer({ min: 1, max: 10_000 }),
  timeoutMs: option.integer({ min: 1, max: 60_000 }),
  maxAgeMs: option.integer({ min: 0 }),
  closeTimeoutMs: option.integer({ min: 0, max: 60_000 }),
  events: eventBusRule,
  logger: loggerRule,
  clock: clockRule,
}

const rule = option.objectOf<ErrorTrackerOptions>(
  {
    ...identityRules,
    ...deliveryRules,
    sinks: sinksRule<ErrorReport>(),
    redact: redactionRule,
    fingerprint: option.syncFunction<NonNullable<ErrorTrackerOptions['fingerprint']>>(),
    maxPerMinute: option.integer({ min: 1, max: 10_000 }),
    mounts: option.list(
      option.string({ pattern: /^\/[^*?{}()+\s]+$/, hint: 'a path, with :name for parameters' }),
    ),
  },
  { required: ['sinks'] },
)

export function resolveErrorTrackerOptions(options: ErrorTrackerOptions): ResolvedErrorTrackerOptions {
  const read = readOptions('alerting.errorTracker', options, rule)
  return Object.freeze({
    sinks: read.sinks,
    identity: resolveIdentity(read),
    redact: read.redact,
    fingerprint: read.fingerprint,
    maxPerMinute: read.maxPerMinute ?? 5,
    mounts: read.mounts ?? [],
    queueSize: read.queueSize ?? 100,
    timeoutMs: read.timeoutMs ?? 5_000,
    maxAgeMs: read.maxAgeMs ?? 300_000,
    closeTimeoutMs: read.closeTimeoutMs ?? 2_000,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}
