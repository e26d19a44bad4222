/**
 * The events that every instance streams: number n exists from `epoch + n × intervalMs` on, so that each
 * instance has the same log and a client can tell what it missed.
 */
export interface EventLog {
  /** Wall-clock time, ms since the epoch. */
  readonly epoch: number
  readonly intervalMs: number
}

/** The number of the last event that exists. */
export const lastEvent = ({ epoch, intervalMs }: EventLog): number =>
  Math.floor((Date.now() - epoch) / intervalMs)
