import type { AlfredEventName, AlfredEvents, EventBus } from '@alfred/core'
import type { MetricFactory } from './metric-catalog.ts'

type Listeners = { readonly [N in AlfredEventName]: (event: AlfredEvents[N]) => void }

const closed = (...known: readonly string[]) => ({ max: known.length, known })

const method = closed('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
const modes = ['enforce', 'report'] as const
const healthStates = ['pass', 'warn', 'fail'] as const

/** The names an application gives its policies, checks, reasons and providers: few, and its own. */
const names = { max: 100 } as const

/** Every event has its place here, or this does not compile. */
function createListeners(metrics: MetricFactory): Listeners {
  const corsDenials = metrics.counter({
    name: 'alfred_cors_denials_total',
    help: 'Cross-origin requests that were denied.',
    labels: { method, preflight: ['true', 'false'] },
  })
  const csrfDenials = metrics.counter({
    name: 'alfred_csrf_denials_total',
    help: 'Requests denied as forged; with the mode report, that would have been.',
    labels: { method, reason: names, mode: modes },
  })
  const cspViolations = metrics.counter({
    name: 'alfred_csp_violations_total',
    help: 'Violations of the content security policy that browsers reported.',
    labels: { directive: names, mode: modes },
  })
  const limitDenials = metrics.counter({
    name: 'alfred_rate_limit_denials_total',
    help: 'Requests denied by a limit; with the mode report, that would have been.',
    labels: { policy: names, mode: modes },
  })
  const missingKeys = metrics.counter({
    name: 'alfred_rate_limit_missing_keys_total',
    help: 'Policies that met a request without a key for them.',
    labels: { policy: names },
  })
  const storeFailures = metrics.counter({
    name: 'alfred_rate_limit_store_failures_total',
    help: "Failures of the limits' store, by what was done instead.",
    labels: { policy: names, action: ['allow', 'deny', 'local'] },
  })
  const storeAvailable = metrics.gauge({
    name: 'alfred_rate_limit_store_available',
    help: "Whether the limits' store answers, 1 or 0.",
  })
  const storeOutages = metrics.counter({
    name: 'alfred_rate_limit_store_outage_seconds_total',
    help: "Time without the limits' store, counted when it is back.",
  })
  const rejections = metrics.counter({
    name: 'alfred_validation_rejections_total',
    help: 'Requests whose content was rejected.',
    labels: { status: names, code: names },
  })
  const keyChanges = metrics.counter({
    name: 'alfred_vault_key_changes_total',
    help: 'Changes of a key, by the stage it came to.',
    labels: { provider: names, stage: names },
  })
  const healthState = metrics.gauge({
    name: 'alfred_health_check_state',
    help: 'The state of a health check: 1 on the one it is in.',
    labels: { check: names, state: healthStates },
  })
  const draining = metrics.gauge({
    name: 'alfred_draining',
    help: 'Whether the server is being drained, 1 or 0.',
  })
  const drains = metrics.counter({
    name: 'alfred_drains_total',
    help: 'Drains that ended, by whether connections had to be cut.',
    labels: { forced: ['true', 'false'] },
  })
  storeAvailable.set(1)

  return {
    'cors.denied': (event) => {
      corsDenials.with({ method: event.method, preflight: event.preflight ? 'true' : 'false' }).inc()
    },
    'csrf.denied': (event) => {
      const mode = event.reportOnly === true ? 'report' : 'enforce'
      csrfDenials.with({ method: event.method, reason: event.reason, mode }).inc()
    },
    'csp.violation': (event) => {
      cspViolations.with({ directive: event.directive, mode: event.disposition }).inc(1 + event.repeats)
    },
    'rate-limit.denied': (event) => {
      limitDenials.with({ policy: event.policy, mode: 'enforce' }).inc()
    },
    'rate-limit.shadow-denied': (event) => {
      limitDenials.with({ policy: event.policy, mode: 'report' }).inc()
    },
    'rate-limit.key-missing': (event) => {
      missingKeys.with({ policy: event.policy }).inc()
    },
    'rate-limit.store-unavailable': (event) => {
      storeAvailable.set(0)
      storeFailures.with({ policy: event.policy, action: event.action }).inc()
    },
    'rate-limit.store-recovered': (event) => {
      storeAvailable.set(1)
      storeOutages.inc(event.outageMs / 1000)
    },
    'validation.rejected': (event) => {
      rejections.with({ status: String(event.status), code: event.code }).inc()
    },
    'vault.key-changed': (event) => {
      keyChanges.with({ provider: event.provider, stage: event.stage }).inc()
    },
    'health.changed': (event) => {
      for (const state of healthStates) {
        healthState.with({ check: event.check, state }).set(event.to === state ? 1 : 0)
      }
    },
    'drain.started': () => {
      draining.set(1)
    },
    'drain.finished': (event) => {
      draining.set(0)
      drains.with({ forced: event.forced ? 'true' : 'false' }).inc()
    },
  }
}

/** Counts the layers' events from now on. @returns what ends it */
export function listenToEvents(metrics: MetricFactory, events: EventBus): () => void {
  const listeners = createListeners(metrics)
  const subscribe = <N extends AlfredEventName>(name: N, { [name]: listener }: Pick<Listeners, N>) =>
    events.on(name, listener)
  const subscriptions = (Object.keys(listeners) as AlfredEventName[]).map((name) =>
    subscribe(name, listeners),
  )
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}
