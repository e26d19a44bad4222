import {
  type ClientAddressResolver,
  type Clock,
  createAddressList,
  type EventBus,
  type Logger,
  type Problem,
  problemType,
  sendRefusal,
  whenFinished,
} from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GuardedStore } from '../stores/guarded-store.ts'
import { abnormalUsage } from './abnormal-usage.ts'
import type { RateLimitStore } from '../stores/rate-limit-store.ts'
import type { ResolvedBanOptions } from './ban-options.ts'
import { createBans } from './bans.ts'

/** What {@link createAddressGate} needs. */
export interface AddressGateOptions {
  readonly addresses: ClientAddressResolver
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly bans: ResolvedBanOptions | false
  readonly store: RateLimitStore
  readonly guarded: GuardedStore
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventBus
}

/** What the gate says of a request; `exempt` from all limits is an address on the allow list. */
export type AddressVerdict = 'exempt' | 'pass' | 'refused'

/** Decides by the client's address alone, before anything is counted. */
export interface AddressGate {
  /** Decides once for a request, however often it is called; another gate decides for itself. Ends the response itself when it refuses. */
  verdict(request: IncomingMessage, response: ServerResponse): AddressVerdict
  countOffence(request: IncomingMessage, weight: number): void
  lift(address: string): Promise<void>
}

const addressDenied: Problem = Object.freeze({
  type: problemType('address-denied'),
  status: 403,
  title: 'Requests from this address are not served',
})

/**
 * Builds the gate. The allow list wins over the deny list, and both over bans. A request without an address,
 * from a Unix socket, passes.
 */
export function createAddressGate(options: AddressGateOptions): AddressGate {
  const { addresses, clock, events } = options
  const allowed = options.allow.length > 0 ? createAddressList(options.allow) : undefined
  const denied = options.deny.length > 0 ? createAddressList(options.deny) : undefined
  const bans = options.bans && createBans({ ...options, bans: options.bans })
  const weights = options.bans ? options.bans.statuses : new Map<number, number>()

  // Of this gate alone: with one key for all, a second limiter would take over the first one's verdict.
  const verdictKey = Symbol('alfred.address-verdict')
  type JudgedRequest = IncomingMessage & { [verdictKey]: AddressVerdict | undefined }

  const countOffence = (request: IncomingMessage, weight: number): void => {
    if (!bans) return
    const address = addresses.address(request)
    if (address !== undefined && !allowed?.has(address)) bans.countOffence(address, weight)
  }

  const judge = (request: IncomingMessage, response: ServerResponse): AddressVerdict => {
    const address = addresses.address(request)
    if (address === undefined) return 'pass'
    if (allowed?.has(address)) return 'exempt'
    if (denied?.has(address)) {
      events.emit('rate-limit.address-refused', { reason: 'denied' })
      sendRefusal(request, response, addressDenied, undefined, clock)
      return 'refused'
    }
    if (!bans) return 'pass'
    const remainingMs = bans.remainingMs(address)
    if (remainingMs > 0) {
      events.emit('rate-limit.address-refused', { reason: 'banned' })
      sendRefusal(request, response, abnormalUsage, Math.max(1, Math.ceil(remainingMs / 1000)), clock)
      return 'refused'
    }
    if (weights.size > 0) {
      // Also when the client hung up on the answer: else it would escape the count that way.
      whenFinished(response, () => {
        const weight = response.headersSent ? weights.get(response.statusCode) : undefined
        if (weight !== undefined) bans.countOffence(address, weight)
      })
    }
    return 'pass'
  }

  return {
    verdict: (request, response) => ((request as JudgedRequest)[verdictKey] ??= judge(request, response)),
    countOffence,
    lift: (address) => (bans ? bans.lift(address) : Promise.resolve()),
  }
}
