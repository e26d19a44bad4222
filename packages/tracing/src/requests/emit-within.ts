import type { EventEmitter } from 'node:events'
import { type Context, context, trace } from '@opentelemetry/api'

/**
 * Makes the listeners of an emitter run in `spanContext` where no span is active. Node emits the events of requests and
 * responses from its parser and its sockets, outside of the context in which the listeners were added.
 */
export function emitWithin(emitter: Pick<EventEmitter, 'emit'>, spanContext: Context): void {
  const { emit } = emitter
  emitter.emit = function (this: EventEmitter, name: string | symbol, ...values: unknown[]): boolean {
    return trace.getActiveSpan() === undefined
      ? context.with(spanContext, () => emit.call(this, name, ...values))
      : emit.call(this, name, ...values)
  }
}
