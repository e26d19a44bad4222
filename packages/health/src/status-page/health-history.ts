import type { Clock } from '@alfred/core'
import type { CheckStatus } from '../checks/check.ts'

/** How one component has been. */
export interface ComponentHistory {
  /** One letter for each slot, the oldest first: `p`, `w`, `f` for the worst state in it, `-` for none. */
  readonly slots: string
  /** The share of the time since the first result in which the state was not `fail`. */
  readonly upShare: number | undefined
}

/** The past of several components, in a fixed amount of memory for each. */
export interface HealthHistory {
  readonly slotMs: number
  /** Says how a component is now; it counts as being so until the next note. */
  note(name: string, status: CheckStatus): void
  read(name: string): ComponentHistory
  forget(name: string): void
}

export const slotCount = 60

const letters = ['-', 'p', 'w', 'f'] as const
const severity: Record<CheckStatus, number> = { pending: 0, pass: 1, warn: 2, fail: 3 }

interface Track {
  status: CheckStatus
  /** When it was brought up to date last, monotonic. */
  at: number
  knownMs: number
  upMs: number
  /** The worst severity of each slot, at the slot's number modulo {@link slotCount}. */
  readonly slots: Uint8Array
}

/** @param spanMs - how far back the slots reach together */
export function createHealthHistory(clock: Clock, spanMs: number): HealthHistory {
  const tracks = new Map<string, Track>()
  const slotMs = spanMs / slotCount
  const slotAt = (ms: number): number => Math.floor(ms / slotMs)

  const bringUpToDate = (track: Track): void => {
    const now = clock.monotonicMs()
    const passed = now - track.at
    if (track.status !== 'pending') track.knownMs += passed
    if (track.status === 'pass' || track.status === 'warn') track.upMs += passed
    const last = slotAt(now)
    for (let slot = Math.max(slotAt(track.at) + 1, last - slotCount + 1); slot <= last; slot++) {
      track.slots[slot % slotCount] = severity[track.status]
    }
    track.at = now
  }

  const trackOf = (name: string): Track => {
    let track = tracks.get(name)
    if (!track) {
      const slots = new Uint8Array(slotCount)
      track = { status: 'pending', at: clock.monotonicMs(), knownMs: 0, upMs: 0, slots }
      tracks.set(name, track)
    }
    bringUpToDate(track)
    return track
  }

  return {
    slotMs,
    note(name, status) {
      const track = trackOf(name)
      track.status = status
      const slot = slotAt(track.at) % slotCount
      track.slots[slot] = Math.max(track.slots[slot] ?? 0, severity[status])
    },
    read(name) {
      const { slots, at, knownMs, upMs } = trackOf(name)
      const oldest = slotAt(at) + 1
      const letterAt = (_: unknown, index: number): string =>
        letters[slots[(oldest + index) % slotCount] ?? 0] ?? '-'
      return {
        slots: Array.from({ length: slotCount }, letterAt).join(''),
        upShare: knownMs === 0 ? undefined : upMs / knownMs,
      }
    },
    forget(name) {
      tracks.delete(name)
    },
  }
}
