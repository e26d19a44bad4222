import {
  type AlfredEventName,
  type AlfredEvents,
  createEventBus,
  type EventBus,
  noopLogger,
} from '@alfred/core'
import { expect, it } from 'vitest'
import { waitFor } from '../time/wait-for.ts'

/** Brings an event about as it comes about in production; what it opens it closes. */
export interface EventCause<Name extends AlfredEventName> {
  /** The event, or the part of it that is always the same. */
  readonly event: Partial<AlfredEvents[Name]>
  readonly cause: (events: EventBus) => Promise<unknown> | undefined
}

/** A cause for every event whose name begins with one of `Area`; a name without one does not compile. */
export type EventCauses<Area extends string> = {
  readonly [Name in Extract<AlfredEventName, `${Area}.${string}`>]: EventCause<Name>
}

/**
 * The contract of the events of a package: each is emitted by its real cause, with the fields that listeners read.
 *
 * @example
 * eventContract<'drain' | 'health'>({ ... })
 */
export function eventContract<Area extends string>(causes: EventCauses<Area>): void {
  const rows = Object.entries(causes) as [AlfredEventName, EventCause<AlfredEventName>][]
  it.each(rows)('%s is emitted by its cause', async (name, { event, cause }) => {
    const events = createEventBus(noopLogger)
    const emitted: unknown[] = []
    events.on(name, (fields) => emitted.push(fields))
    await cause(events)
    await waitFor(() => emitted.length > 0, { what: name })
    expect(emitted[0]).toMatchObject(event)
  })
}
