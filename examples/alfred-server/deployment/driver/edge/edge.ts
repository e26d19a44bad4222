import type { Slot } from '../slot.ts'

/** The proxy in front of the slots. Each verb may be repeated. */
export interface Edge {
  /** Throws when the configuration would not load. */
  check(signal: AbortSignal): Promise<void>
  /** Sends requests to the slot. Resolves when every new connection is served by the new configuration. */
  up(slot: Slot, signal: AbortSignal): Promise<void>
  /** Sends no more new requests to the slot; those that have begun go on. Resolves as `up` does. */
  down(slot: Slot, signal: AbortSignal): Promise<void>
  /** How many connections the edge holds to the slot, WebSockets included. */
  inflight(slot: Slot, signal: AbortSignal): Promise<number>
  /** Whether the slot's file says that it gets requests. */
  isUp(slot: Slot): Promise<boolean>
}
