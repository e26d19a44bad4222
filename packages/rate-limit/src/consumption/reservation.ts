import { AlfredError, type FinishingResponse, whenFinished } from '@alfred/core'
import type { RateLimitDecision } from './rate-limit-decision.ts'

/**
 * Units that were counted before anybody knew how many it would be. The first of `settle`, `refund` and an
 * abort decides; whatever comes later does nothing.
 */
export interface Reservation extends RateLimitDecision {
  /**
   * Counts what it was in the end: gives the rest back, or counts what was missing, as far as the quota
   * holds it.
   *
   * @param actual - units, a whole number of at least 0
   * @throws AlfredError `ALFRED_RATE_LIMIT_INVALID_COST` for anything else
   */
  settle(actual: number): Promise<void>
  /** Gives back all but what {@link spend} has noted. */
  refund(): Promise<void>
  /**
   * Notes units that are used for certain, so that neither an abort nor `refund` gives them back: what a client has
   * been sent was paid for. Parts of units add up, and are rounded up in the end.
   *
   * @param units - a finite number of at least 0
   * @throws AlfredError `ALFRED_RATE_LIMIT_INVALID_COST` for anything else, which counts nothing
   */
  spend(units: number): void
}

/** How to count for what was reserved; `undefined` where nothing was. */
export type AdjustCount = ((units: number) => Promise<void>) | undefined

const invalidUnits = (allowed: string): AlfredError =>
  new AlfredError('ALFRED_RATE_LIMIT_INVALID_COST', `Units must be ${allowed}.`, { min: 0 })

/**
 * Builds a reservation.
 *
 * @param reserved - units that were counted
 * @param response - whose abort settles with what was spent by then
 */
export function createReservation(
  decision: RateLimitDecision,
  reserved: number,
  adjust: AdjustCount,
  response: FinishingResponse | undefined,
): Reservation {
  let open = decision.allowed
  let spent = 0

  const end = async (actual: number): Promise<void> => {
    if (!open) return
    open = false
    if (actual !== reserved) await adjust?.(actual - reserved)
  }
  if (open && response) {
    whenFinished(response, (completed) => {
      // What ended as it should is settled by the application, which knows the cost.
      if (!completed) void end(Math.ceil(spent))
    })
  }

  return {
    ...decision,
    async settle(actual) {
      if (!Number.isSafeInteger(actual) || actual < 0) throw invalidUnits('a whole number from 0')
      await end(actual)
    },
    refund: () => end(Math.ceil(spent)),
    spend(units) {
      if (!Number.isFinite(units) || units < 0) throw invalidUnits('a finite number from 0')
      spent += units
    },
  }
}
