import { createSafeLogger, type Logger } from '../logger.ts'
import { option } from '../options/option-rules.ts'
import type { ProxyProblem } from './proxy-problem.ts'
import { readStop } from '../calls/read-stop.ts'
import { runDetached } from '../calls/run-detached.ts'

/**
 * Everything one layer tells the others, by name. Metrics, tracing and alerting listen; the layers
 * never call them. No field holds a secret, and none an unbounded text of the client.
 */
export interface AlfredEvents {
  /** A request was refused before every layer: for its target, its `Host` header, or a host that is not allowed. */
  'request.refused': { readonly reason: 'host' | 'host-not-allowed' | 'target' }
  'cors.denied': { readonly method: string; readonly preflight: boolean }
  /** `reportOnly`: the request passed, and would be refused if the layer enforced. */
  'csrf.denied': {
    readonly method: string
    readonly reason: string
    readonly reportOnly?: boolean | undefined
  }
  'csp.violation': {
    /** A directive of Content-Security-Policy, or `other`. */
    readonly directive: string
    /** What was blocked: `inline`, `eval` and the like, a scheme, an origin, or `other`. At most 200 characters. */
    readonly blocked: string
    /** The page's path, without its query. At most 200 characters. */
    readonly page: string
    /** Where the blocked code stands, without query. At most 200 characters. */
    readonly source: string | undefined
    readonly line: number | undefined
    readonly disposition: 'enforce' | 'report'
    /** How many equal reports were held back since this violation was last told. */
    readonly repeats: number
  }
  'rate-limit.denied': { readonly policy: string; readonly retryAfterMs: number }
  /** A shadow policy would have denied the request. */
  'rate-limit.shadow-denied': { readonly policy: string; readonly retryAfterMs: number }
  /** A policy met, for the first time, a request without a key for it, and left it uncounted. */
  'rate-limit.key-missing': { readonly policy: string }
  'rate-limit.store-unavailable': { readonly policy: string; readonly action: 'allow' | 'deny' | 'local' }
  'rate-limit.store-recovered': { readonly outageMs: number }
  /** An address was banned; `level` counts its earlier bans. */
  'rate-limit.banned': { readonly durationMs: number; readonly level: number }
  /** A request was refused for its address alone. */
  'rate-limit.address-refused': { readonly reason: 'denied' | 'banned' }
  /** A request was refused to keep the others served. */
  'load.shed': { readonly reason: 'event-loop-delay' | 'in-flight' }
  /** Shedding began, or ended. */
  'load.changed': { readonly overloaded: boolean; readonly reason: 'event-loop-delay' | 'in-flight' }
  /** A connection was closed because there were too many, in all or of one address. */
  'server.connection-refused': { readonly reason: 'per-address' | 'total' }
  /** Requests show that `trustProxy` does not fit what stands in front. Once for each problem. */
  'proxy.misconfigured': { readonly problem: ProxyProblem }
  'validation.rejected': { readonly status: number; readonly code: string }
  /** A detector took note of a field's text. Neither the text nor a part of it is here. */
  'validation.flagged': {
    readonly detector: 'code' | 'markup' | 'path' | 'prompt' | 'secret' | 'sql' | 'unicode' | 'url'
    /** What was done: nothing more, a part taken out, or the request refused. */
    readonly action: 'flag' | 'reject' | 'sanitize'
    /** From 0 to 1. */
    readonly score: number
    readonly kind: 'code' | 'fileName' | 'html' | 'identifier' | 'markdown' | 'template' | 'text' | 'url'
    /** The field as a JSON Pointer into `{ body, query, params, headers }`, as in validation errors. */
    readonly pointer: string
    /** At most 16 places in the text, in UTF-16 code units, each with a hash of what stands there. */
    readonly spans: readonly { readonly start: number; readonly end: number; readonly hash: string }[]
    /** Of the whole text: equal for equal texts within one process, and with a secret key, so that it gives nothing away. */
    readonly hash: string
    readonly requestId: string | undefined
  }
  'vault.key-changed': { readonly provider: string; readonly stage: string; readonly version: number }
  /** `reason` is one of a closed list: `malformed`, `unknown`, `wrong-secret`, `rotated`, `expired`, `revoked`, `limited`, `unavailable`. */
  'client-key.rejected': { readonly reason: string }
  'client-key.changed': {
    readonly keyId: string
    readonly change: 'created' | 'rotated' | 'revoked'
  }
  /** A client still sends the secret from before a rotation; told at most once a minute and key. */
  'client-key.used-after-rotation': { readonly keyId: string; readonly accepted: boolean }
  /** `graceMs`: how long keys that are known are accepted all the same. */
  'client-key.store-unavailable': { readonly graceMs: number }
  'client-key.store-recovered': { readonly outageMs: number }
  /** Another version of a provider's key became current by a rotation. */
  'vault.rotated': { readonly provider: string; readonly version: number }
  /** The first of a row of failed attempts. `reason` is a word, such as `rate_limit_exceeded` or `timeout`. */
  'vault.rotation-failed': { readonly provider: string; readonly reason: string }
  /** A rotation comes due, and an operator has to stage a key for it. */
  'vault.rotation-due': { readonly provider: string; readonly dueInMs: number; readonly pool: number }
  /** The provider refuses the current key. */
  'vault.key-invalid': { readonly provider: string; readonly version: number }
  /** The provider takes the current key, and did not, or was not asked, before. */
  'vault.key-valid': { readonly provider: string; readonly version: number }
  /** The vault's store does not answer, or what it holds cannot be used; the keys known so far are served. `code` is the error's. */
  'vault.store-unavailable': { readonly code: string }
  /** The store holds an older state than was seen, as after a failover that lost a write; nothing is changed until somebody accepts it. */
  'vault.rolled-back': { readonly code: string }
  /** Of both. */
  'vault.store-recovered': { readonly outageMs: number }
  /** The clock of this instance is more than a minute off the store's, or a time has jumped: it rotates no key meanwhile. */
  'vault.clock-skewed': { readonly skewMs: number }
  'vault.clock-synchronized': { readonly skewMs: number }
  /** A key that was to end is not known to be refused by its provider: an operator revokes it there. */
  'vault.revocation-due': { readonly provider: string; readonly version: number }
  /** `to` is `removed` for a check that is no longer made. */
  'health.changed': {
    readonly check: string
    readonly kind: 'certificate' | 'component' | 'datastore' | 'system'
    readonly criticality: 'critical' | 'degrading' | 'informational'
    readonly from: 'pending' | 'pass' | 'warn' | 'fail'
    readonly to: 'pending' | 'pass' | 'warn' | 'fail' | 'removed'
  }
  /** An error report or an alert reached a sink. */
  'alerting.delivered': { readonly channel: 'errors' | 'alerts'; readonly sink: string }
  /** It was given up. */
  'alerting.dropped': {
    readonly channel: 'errors' | 'alerts'
    readonly sink: string
    readonly reason: 'queue-full' | 'refused' | 'too-old' | 'closed'
  }
  /** A sink is left alone for a while after failures in a row, or takes deliveries again. */
  'alerting.sink-changed': {
    readonly channel: 'errors' | 'alerts'
    readonly sink: string
    readonly available: boolean
  }
  'drain.started': { readonly signal: string }
  /** The drain's deadline came while connections were busy. */
  'drain.connections-cut': { readonly connections: number }
  'drain.finished': { readonly durationMs: number; readonly forced: boolean }
}

export type AlfredEventName = keyof AlfredEvents

/** Carries the layers' events. Emitting is synchronous, and a listener's failure never reaches the emitter. */
export interface EventBus {
  emit<N extends AlfredEventName>(name: N, event: AlfredEvents[N]): void
  /** @returns a function that ends the subscription */
  on<N extends AlfredEventName>(name: N, listener: (event: AlfredEvents[N]) => void): () => void
}

type Listener = (event: unknown) => unknown

const safeBuses = new WeakMap<EventBus, EventBus>()

/**
 * Builds an event bus. A listener that throws or rejects is logged; the emitter and the other listeners go on.
 */
export function createEventBus(logger: Logger): EventBus {
  const safeLogger = createSafeLogger(logger)
  const listeners = new Map<AlfredEventName, Set<Listener>>()
  const bus: EventBus = {
    emit(name, event) {
      const subscribed = listeners.get(name)
      if (!subscribed) return
      for (const listener of subscribed) {
        runDetached(
          () => listener(event),
          (error) => {
            safeLogger.error({ err: error, event: name }, 'an event listener failed')
          },
        )
      }
    },
    on(name, listener) {
      let subscribed = listeners.get(name)
      if (!subscribed) listeners.set(name, (subscribed = new Set()))
      const all = subscribed
      // The map's key says which events the listener gets; its type cannot.
      const own = listener as Listener
      all.add(own)
      return () => all.delete(own)
    },
  }
  safeBuses.set(bus, bus)
  return bus
}

/**
 * A bus whose methods never throw: an event that cannot be delivered must not fail the request that it is about.
 * The same one for the same bus.
 */
export function createSafeEventBus(bus: EventBus): EventBus {
  const known = safeBuses.get(bus)
  if (known) return known
  const safe: EventBus = {
    emit(name, event) {
      const target: { readonly emit: (...emitted: [typeof name, typeof event]) => unknown } = bus
      runDetached(() => target.emit(name, event), ignore)
    },
    on(name, listener) {
      let leave: unknown
      runDetached(() => (leave = bus.on(name, listener)), ignore)
      return readStop(leave)
    },
  }
  safeBuses.set(bus, safe)
  safeBuses.set(safe, safe)
  return safe
}

const ignore = (): void => undefined

const methodsRule = option.withMethods<EventBus>('emit', 'on')

/** The rule for an `events` option. What it accepts never throws. */
export const eventBusRule = methodsRule.map(createSafeEventBus)
