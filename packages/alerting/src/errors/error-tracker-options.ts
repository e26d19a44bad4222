import type { IncomingMessage } from 'node:http'
import { mountsRule, observed, option, type Options, readOptions } from '@alfred/core'
import { type Sink, sinksRule } from '../delivery/sink.ts'
import { identityRules, type ReporterIdentity } from '../delivery/identity.ts'
import { redactionRule } from './redaction.ts'
import type { ErrorReport } from './error-report.ts'

/** What is known about a request beside itself. */
export interface RequestDescription {
  /** To search by; few and short. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Plain data; it is redacted. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** Where error reports go. */
export type ErrorSink = Sink<ErrorReport>

const errorTrackerRule = option.object({
  ...identityRules,
  /** How many reports may wait for one sink. @default 100 */
  queueSize: option.integer({ min: 1, max: 10_000 }).default(100),
  /** How long one attempt may take, in ms. @default 5_000 */
  timeoutMs: option.integer({ min: 1, max: 60_000 }).default(5000),
  /** How long a report is tried again, in ms. @default 300_000 */
  maxAgeMs: option.integer({ min: 0 }).default(300_000),
  /** How long `close` waits for what is under way, in ms. @default 2_000 */
  closeTimeoutMs: option.integer({ min: 0, max: 60_000 }).default(2000),
  /** @default none */
  events: observed.events,
  /** @default discards everything */
  logger: observed.logger,
  /** @default the machine's own time */
  clock: observed.clock,
  /** Where reports go; each has a queue of its own. */
  sinks: sinksRule<ErrorReport>(),
  /** What is taken out of reports beyond keys, tokens, passwords and e-mail addresses. */
  redact: redactionRule,
  /**
   * Groups errors in your own way; `undefined` keeps ours, and so does a failure or any other value than a non-empty
   * string. It answers at once, so an async function is refused.
   */
  fingerprint: option.syncFunction<(error: unknown) => string | undefined>().optional(),
  /**
   * Adds what is known of the request that failed, such as a digest of who asked; what `capture` is given wins. It answers at
   * once, so an async function is refused; a failure, or anything but an object of `tags` and `extra`, adds nothing.
   */
  describeRequest: option
    .syncFunction<(request: IncomingMessage) => RequestDescription | undefined>()
    .optional(),
  /** Reports of one fingerprint in a minute; what is beyond is counted in the next report. @default 5 */
  maxPerMinute: option.integer({ min: 1, max: 10_000 }).default(5),
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  mounts: mountsRule.default([]),
})

/** The options of {@link createErrorTracker}. */
export interface ErrorTrackerOptions extends ReporterIdentity, Options<typeof errorTrackerRule> {}

/** The options with every default, and who reports by itself. */
export function resolveErrorTrackerOptions(options: ErrorTrackerOptions) {
  const { service, environment, release, instance, ...read } = readOptions(
    'alerting.errorTracker',
    options,
    errorTrackerRule,
  )
  return Object.freeze({ ...read, identity: { service, environment, release, instance } })
}

export type ResolvedErrorTrackerOptions = ReturnType<typeof resolveErrorTrackerOptions>
