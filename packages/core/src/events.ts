import type { Logger } from './logger.ts'

/**
 * Everything one layer tells the others, by name. Metrics, tracing and alerting listen; the layers
 * never call them. No field holds a secret, and none an unbounded text of the client.
 */
export interface AlfredEvents {
  'cors.denied': { readonly method: string; readonly preflight: boolean }
  'csrf.denied': { readonly method: string; readonly reason: string }
  'rate-limit.denied': { readonly policy: string; readonly retryAfterMs: number }
  'rate-limit.store-unavailable': { readonly policy: string; readonly action: 'allow' | 'deny' | 'local' }
  'rate-limit.store-recovered': { readonly outageMs: number }
  'validation.rejected': { readonly status: number; readonly code: string }
  'vault.key-changed': { readonly provider: string; readonly stage: string; readonly version: number }
  'health.changed': { readonly check: string; readonly from: string; readonly to: string }
  'drain.started': { readonly signal: string }
  'drain.finished': { readonly durationMs: number; readonly forced: boolean }
}

export type AlfredEventName = keyof AlfredEvents

/** Carries the layers' events. Emitting is synchronous, and a listener's failure never reaches the emitter. */
export interface EventBus {
  emit<N extends AlfredEventName>(name: N, event: AlfredEvents[N]): void
  /** @returns a function that ends the subscription */
  on<N extends AlfredEventName>(name: N, listener: (event: AlfredEvents[N]) => void): () => void
}

type Listener = (event: never) => void

/**
 * Builds an event bus.
 *
 * @param logger - told of listeners that throw
 */
export function createEventBus(logger: Logger): EventBus {
  const listeners = new Map<AlfredEventName, Set<Listener>>()
  return {
    emit(name, event) {
      const subscribed = listeners.get(name)
      if (!subscribed) return
      for (const listener of subscribed) {
        try {
          ;(listener as (event: unknown) => void)(event)
        } catch (error) {
          logger.error({ err: error, event: name }, 'an event listener failed')
        }
      }
    },
    on(name, listener) {
      let subscribed = listeners.get(name)
      if (!subscribed) listeners.set(name, (subscribed = new Set()))
      const all = subscribed
      all.add(listener)
      return () => all.delete(listener)
    },
  }
}
