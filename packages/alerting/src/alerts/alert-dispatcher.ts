import { type Lifecycle, lifecycle, option, readOptions, repeat } from '@alfred/core'
import { createDeliveryQueues, type DeliveryCounts } from '../delivery/delivery-queues.ts'
import { type ActiveAlert, type AlertState, createActiveAlert } from './active-alert.ts'
import { type Alert, alertFingerprint, type AlertNotification } from './alert.ts'
import { type AlertDispatcherOptions, resolveAlertDispatcherOptions } from './alert-dispatcher-options.ts'
import { listenForAlerts } from './event-alerts.ts'

/** One alert as it stands. */
export interface AlertReport extends Pick<Alert, 'name' | 'severity' | 'summary'> {
  readonly state: AlertState
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: number
}

/** Tells people of what lasts. */
export interface AlertDispatcher extends Lifecycle {
  /**
   * The alert's condition holds. Raising it again while it is active tells nobody again, unless its severity
   * has changed. Never throws, never waits.
   */
  raise(alert: Alert): void
  /** The condition of the alert with this name and these labels is gone. */
  resolve(name: string, labels?: Readonly<Record<string, string>>): void
  /** What is pending or firing. */
  active(): readonly AlertReport[]
  /** Resolves when everything was delivered, or after `timeoutMs`; then answers `false`. @default 2_000 */
  flush(timeoutMs?: number): Promise<boolean>
  stats(): DeliveryCounts
}

/** How many alerts may be active; more of them would only hide each other. */
const maxActive = 1000
/** How often it is looked whether an alert is to be told again. */
const refreshMs = 15_000

/**
 * Builds an alert dispatcher: alerts wait for their `forMs`, are told once, told again at intervals, and their end is
 * told. Equal alerts are one; a sink that is slow or down costs nobody anything.
 *
 * The layers' events become alerts by a table when `events` is given.
 *
 * @throws `AlfredConfigError` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createAlertDispatcher, slackSink } from '@alfred/alerting'
 *
 * const dispatcher = createAlertDispatcher({
 *   service: 'shop',
 *   sinks: [slackSink({ webhookUrl: 'https://hooks.slack.com/services/T0/B0/secret' })],
 * })
 * dispatcher.raise({
 *   name: 'OrdersStuck',
 *   severity: 'critical',
 *   summary: 'No order was shipped for ten minutes.',
 *   forMs: 60_000,
 * })
 * dispatcher.resolve('OrdersStuck')
 * ```
 */
export function createAlertDispatcher(options: AlertDispatcherOptions): AlertDispatcher {
  const {
    sinks,
    identity: { service, environment, instance },
    repeatIntervalMs,
    keepFiringForMs,
    mute,
    runbookUrl,
    closeTimeoutMs,
    events,
    logger,
    clock,
    ...settings
  } = resolveAlertDispatcherOptions(options)
  const queues = createDeliveryQueues<AlertNotification>({
    ...settings,
    channel: 'alerts',
    sinks,
    keyOf: ({ fingerprint }) => fingerprint,
    events,
    logger,
    clock,
  })
  const muted = new Set(mute)
  const active = new Map<string, ActiveAlert>()
  /** When each alert was last told to each sink, by the sink's name. */
  const toldAt = new Map<string, Map<string, number>>()
  const identity = { service, instance, ...(environment !== undefined && { environment }) }
  let closed = false

  const notification = (
    fingerprint: string,
    { alert, startsAt }: ActiveAlert,
    endsAt: number | undefined,
  ): AlertNotification => ({
    status: endsAt === undefined ? 'firing' : 'resolved',
    fingerprint,
    name: alert.name,
    severity: alert.severity,
    summary: alert.summary,
    description: alert.description,
    runbookUrl: runbookUrl && `${runbookUrl}#${alert.name.toLowerCase()}`,
    labels: { ...identity, ...alert.labels },
    startsAt,
    endsAt,
  })

  /** Tells of a firing alert those sinks that have not heard of it for their interval. */
  const tell = (fingerprint: string, entry: ActiveAlert): void => {
    const nowMs = clock.monotonicMs()
    const sentAt = toldAt.get(fingerprint) ?? new Map<string, number>()
    toldAt.set(fingerprint, sentAt)
    queues.push(notification(fingerprint, entry, undefined), (sink) => {
      const last = sentAt.get(sink.name)
      if (last !== undefined && nowMs - last < (sink.refreshMs ?? repeatIntervalMs)) return false
      sentAt.set(sink.name, nowMs)
      return true
    })
  }

  const begin = (fingerprint: string, alert: Alert): void => {
    if (active.size >= maxActive) {
      logger.warn({ alert: alert.name }, 'there are too many alerts already')
      return
    }
    const entry = createActiveAlert(alert, {
      clock,
      keepFiringForMs,
      onFiring() {
        // Whoever heard of a warning has not heard of what is critical now.
        toldAt.delete(fingerprint)
        tell(fingerprint, entry)
      },
      onEnd(wasFiring) {
        active.delete(fingerprint)
        toldAt.delete(fingerprint)
        if (wasFiring) queues.push(notification(fingerprint, entry, clock.now()))
      },
    })
    active.set(fingerprint, entry)
    entry.begin()
  }

  const raise = (alert: Alert): void => {
    if (closed || muted.has(alert.name)) return
    const fingerprint = alertFingerprint(alert.name, { ...identity, ...alert.labels })
    const known = active.get(fingerprint)
    if (known === undefined) begin(fingerprint, alert)
    else known.raise(alert)
  }

  const resolve = (name: string, labels: Readonly<Record<string, string>> = {}): void => {
    active.get(alertFingerprint(name, { ...identity, ...labels }))?.resolve()
  }

  const refresh = repeat(clock, refreshMs, () => {
    for (const [fingerprint, entry] of active) {
      if (entry.state === 'firing') tell(fingerprint, entry)
    }
  })
  const stopListening = events && listenForAlerts(events, { raise, resolve })

  return Object.freeze({
    ...lifecycle(async () => {
      closed = true
      stopListening?.()
      refresh.cancel()
      for (const entry of active.values()) entry.stop()
      await queues.close(closeTimeoutMs)
    }),
    raise,
    resolve,
    active: () =>
      [...active.values()].map(({ alert: { name, severity, summary, labels = {} }, state, startsAt }) => ({
        name,
        severity,
        summary,
        labels,
        state,
        startsAt,
      })),
    flush: async (timeoutMs = 2_000) =>
      queues.flush(readOptions('dispatcher.flush', timeoutMs, option.number({ min: 0 }))),
    stats: () => queues.counts(),
  })
}
