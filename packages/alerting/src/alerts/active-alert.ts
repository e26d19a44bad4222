import type { Clock, Timer } from '@alfred/core'
import type { Alert } from './alert.ts'

/** `pending` until it has lasted for its `forMs`. */
export type AlertState = 'pending' | 'firing'

/** What an alert's life depends on. */
export interface ActiveAlertOptions {
  readonly clock: Clock
  readonly keepFiringForMs: number
  /** It has lasted for its `forMs`, or its severity has changed since. */
  readonly onFiring: () => void
  /** It is over; `wasFiring` when somebody had been told. */
  readonly onEnd: (wasFiring: boolean) => void
}

/** One alert from its first raise to its end. */
export interface ActiveAlert {
  readonly alert: Alert
  readonly state: AlertState
  readonly startsAt: number
  /** Starts its time; fires at once when it needs none. */
  begin(): void
  /** Its condition holds, or happened again. */
  raise(alert: Alert): void
  /** Its condition is gone. */
  resolve(): void
  /** Ends its timers; nobody is told. */
  stop(): void
}

/** What is no duration counts as left out: an alert that cannot be timed is better told at once than lost. */
const isDuration = (ms: number | undefined): ms is number => Number.isFinite(ms)

/** Builds an alert; nothing happens before `begin`. */
export function createActiveAlert(
  first: Alert,
  { clock, keepFiringForMs, onFiring, onEnd }: ActiveAlertOptions,
): ActiveAlert {
  let alert = first
  let state: AlertState = 'pending'
  let firing: Timer | undefined
  let ending: Timer | undefined
  const startsAt = clock.now()

  const end = (): void => {
    firing?.cancel()
    ending?.cancel()
    onEnd(state === 'firing')
  }
  const fire = (): void => {
    state = 'firing'
    onFiring()
  }
  const expire = (): void => {
    ending?.cancel()
    const { expiresAfterMs } = alert
    ending = isDuration(expiresAfterMs) ? clock.setTimeout(end, expiresAfterMs) : undefined
  }

  return {
    get alert() {
      return alert
    },
    get state() {
      return state
    },
    startsAt,
    begin() {
      const { forMs = 0 } = first
      if (isDuration(forMs) && forMs > 0) firing = clock.setTimeout(fire, forMs)
      else fire()
      expire()
    },
    raise(again) {
      const isChanged = again.severity !== alert.severity
      alert = again
      expire()
      if (isChanged && state === 'firing') onFiring()
    },
    resolve() {
      if (state === 'pending' || keepFiringForMs === 0) {
        end()
        return
      }
      ending?.cancel()
      ending = clock.setTimeout(end, keepFiringForMs)
    },
    stop() {
      firing?.cancel()
      ending?.cancel()
    },
  }
}
