import type { AlfredEventName, EventBus } from '@alfred/core'
import { both, counts, type EventMetrics, names, sets, switches } from './event-metric.ts'
import { keyEventMetrics } from './key-event-metrics.ts'
import { methods } from '../http/http-methods.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'

const modes = ['enforce', 'report'] as const
const booleans = ['true', 'false'] as const
const channels = ['errors', 'alerts'] as const
const overloads = ['event-loop-delay', 'in-flight'] as const
const healthStates = ['pass', 'warn', 'fail'] as const
const criticalities = ['critical', 'degrading', 'informational'] as const

const csrfDenials = {
  name: 'alfred_csrf_denials_total',
  help: 'Requests denied as forged; with the mode report, that would have been.',
  labels: { method: methods, reason: names, mode: modes },
} as const

const limitDenials = {
  name: 'alfred_rate_limit_denials_total',
  help: 'Requests denied by a limit; with the mode report, that would have been.',
  labels: { policy: names, mode: modes },
} as const

const storeAvailable = {
  name: 'alfred_rate_limit_store_available',
  help: "Whether the limits' store answers, 1 or 0.",
} as const

const draining = { name: 'alfred_draining', help: 'Whether the server is being drained, 1 or 0.' } as const

/** What counts each event: one row an event, and without a row for every event this does not compile. */
const eventMetrics: EventMetrics = {
  'request.refused': counts(
    {
      name: 'alfred_request_refusals_total',
      help: 'Requests refused for their target, their Host header, or a host that is not allowed.',
      labels: { reason: ['host', 'host-not-allowed', 'target'] },
    },
    ({ reason }) => ({ reason }),
  ),
  'cors.denied': counts(
    {
      name: 'alfred_cors_denials_total',
      help: 'Cross-origin requests that were denied.',
      labels: { method: methods, preflight: booleans },
    },
    ({ method, preflight }) => ({ method, preflight: String(preflight) }),
  ),
  'csrf.denied': counts(csrfDenials, ({ method, reason, reportOnly }) => ({
    method,
    reason,
    mode: reportOnly === true ? 'report' : 'enforce',
  })),
  'csp.violation': counts(
    {
      name: 'alfred_csp_violations_total',
      help: 'Violations of the content security policy that browsers reported.',
      labels: { directive: names, mode: modes },
    },
    ({ directive, disposition }) => ({ directive, mode: disposition }),
    ({ repeats }) => 1 + repeats,
  ),
  'rate-limit.denied': counts(limitDenials, ({ policy }) => ({ policy, mode: 'enforce' })),
  'rate-limit.shadow-denied': counts(limitDenials, ({ policy }) => ({ policy, mode: 'report' })),
  'rate-limit.key-missing': counts(
    {
      name: 'alfred_rate_limit_missing_keys_total',
      help: 'Requests that a policy could not count because they had no key for it.',
      labels: { policy: names },
    },
    ({ policy }) => ({ policy }),
  ),
  'rate-limit.store-unavailable': both(
    sets(storeAvailable, () => 0, { initially: 1 }),
    counts(
      {
        name: 'alfred_rate_limit_store_failures_total',
        help: "Failures of the limits' store, by what was done instead.",
        labels: { policy: names, action: ['allow', 'deny', 'local'] },
      },
      ({ policy, action }) => ({ policy, action }),
    ),
  ),
  'rate-limit.store-recovered': both(
    sets(storeAvailable, () => 1),
    counts(
      {
        name: 'alfred_rate_limit_store_outage_seconds_total',
        help: "Time without the limits' store, counted when it is back.",
      },
      () => ({}),
      ({ outageMs }) => outageMs / 1000,
    ),
  ),
  'rate-limit.banned': counts(
    { name: 'alfred_rate_limit_bans_total', help: 'Addresses that were banned.' },
    () => ({}),
  ),
  'rate-limit.address-refused': counts(
    {
      name: 'alfred_rate_limit_address_refusals_total',
      help: 'Requests refused for their address alone.',
      labels: { reason: ['denied', 'banned'] },
    },
    ({ reason }) => ({ reason }),
  ),
  'load.shed': counts(
    {
      name: 'alfred_load_shed_total',
      help: 'Requests refused to keep the others served.',
      labels: { reason: overloads },
    },
    ({ reason }) => ({ reason }),
  ),
  'load.changed': switches(
    {
      name: 'alfred_load_state',
      help: 'Whether requests are being refused for overload: 1 on the present state.',
      labels: { reason: overloads, state: ['normal', 'overloaded'] },
    },
    ({ reason, overloaded }) => ({ reason, state: overloaded ? 'overloaded' : 'normal' }),
  ),
  'server.connection-refused': counts(
    {
      name: 'alfred_server_connection_refusals_total',
      help: 'Connections closed because there were too many.',
      labels: { reason: ['per-address', 'total'] },
    },
    ({ reason }) => ({ reason }),
  ),
  'proxy.misconfigured': counts(
    {
      name: 'alfred_proxy_misconfigurations_total',
      help: 'What requests have shown to be wrong with trustProxy, each counted once.',
      labels: { problem: names },
    },
    ({ problem }) => ({ problem }),
  ),
  'validation.rejected': counts(
    {
      name: 'alfred_validation_rejections_total',
      help: 'Requests whose content was rejected.',
      labels: { status: names, code: names },
    },
    ({ status, code }) => ({ status: String(status), code }),
  ),
  'validation.flagged': counts(
    {
      name: 'alfred_validation_flags_total',
      help: 'Texts that a detector flagged, by the action.',
      labels: { detector: names, action: ['flag', 'sanitize', 'reject'] },
    },
    ({ detector, action }) => ({ detector, action }),
  ),
  ...keyEventMetrics,
  'health.changed': switches(
    {
      name: 'alfred_health_check_state',
      help: 'The status of a health check: 1 on the present one.',
      labels: { check: names, criticality: criticalities, state: healthStates },
    },
    ({ check, criticality, to }) => ({ check, criticality, state: to }),
  ),
  'alerting.delivered': counts(
    {
      name: 'alfred_alerting_deliveries_total',
      help: 'Error reports and alerts that reached a sink.',
      labels: { channel: channels, sink: names },
    },
    ({ channel, sink }) => ({ channel, sink }),
  ),
  'alerting.dropped': counts(
    {
      name: 'alfred_alerting_drops_total',
      help: 'Error reports and alerts that were not delivered.',
      labels: { channel: channels, sink: names, reason: ['queue-full', 'refused', 'too-old', 'closed'] },
    },
    ({ channel, sink, reason }) => ({ channel, sink, reason }),
  ),
  'alerting.sink-changed': switches(
    {
      name: 'alfred_alerting_sink_state',
      help: 'Whether deliveries to a sink are paused after failures: 1 on the present state.',
      labels: { channel: channels, sink: names, state: ['available', 'unavailable'] },
    },
    ({ channel, sink, available }) => ({ channel, sink, state: available ? 'available' : 'unavailable' }),
  ),
  'drain.started': sets(draining, () => 1),
  'drain.connections-cut': counts(
    {
      name: 'alfred_drain_cut_connections_total',
      help: 'Connections that drains had to cut.',
    },
    () => ({}),
    ({ connections }) => connections,
  ),
  'drain.finished': both(
    sets(draining, () => 0),
    counts(
      {
        name: 'alfred_drains_total',
        help: 'Drains that ended, by whether connections had to be cut.',
        labels: { forced: booleans },
      },
      ({ forced }) => ({ forced: String(forced) }),
    ),
  ),
}

/** Counts the layers' events from now on. @returns what ends it */
export function listenToEvents(metrics: MetricFactory, events: EventBus): () => void {
  const subscribe = <N extends AlfredEventName>(name: N, rows: Pick<EventMetrics, N>) =>
    events.on(name, rows[name](metrics))
  const subscriptions = (Object.keys(eventMetrics) as AlfredEventName[]).map((name) =>
    subscribe(name, eventMetrics),
  )
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}
