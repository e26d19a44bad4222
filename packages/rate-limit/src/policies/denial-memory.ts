import type { Clock } from '@alfred/core'
import type { Cell } from '../algorithms/algorithm.ts'
import { createKeyTable } from '../stores/memory/key-table.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'

const maxDenials = 100_000
const maxCount = 2 ** 32 - 1

/** Remembers whom a policy denied, until the time at which the store said a request would fit again. */
export interface DenialMemory {
  /** The denial that still holds for a subject. */
  find(subject: string): PolicyAnswer | undefined
  remember(subject: string, answer: PolicyAnswer): void
  forget(subject: string): void
  clear(): void
}

/**
 * Builds the memory of one policy's denials: bounded, without timers, the same time for each call.
 *
 * @param lifeMs - the longest a denial of this policy holds
 * @param maxMs - for how long to believe a denial, at the time of asking
 */
export function createDenialMemory(
  lifeMs: number,
  clock: Clock,
  maxMs: () => number = () => Infinity,
): DenialMemory {
  let table = createKeyTable(maxDenials)
  const cell: Cell = { timeUs: 0, count: 0, previous: 0 }

  return {
    find(subject) {
      if (table.size === 0 || !table.read(subject, cell)) return undefined
      const retryAfterMs = cell.timeUs / 1000 - clock.monotonicMs()
      if (retryAfterMs > 0) {
        const resetMs = retryAfterMs + cell.previous
        return { allowed: false, remaining: cell.count, retryAfterMs, nextMs: retryAfterMs, resetMs }
      }
      table.delete(subject)
      return undefined
    },
    remember(subject, { remaining, retryAfterMs: toldMs, resetMs }) {
      const retryAfterMs = Math.min(toldMs, maxMs())
      const nowMs = clock.monotonicMs()
      table.age(nowMs, lifeMs)
      cell.timeUs = (nowMs + retryAfterMs) * 1000
      cell.count = remaining
      cell.previous = Math.min(Math.max(0, Math.round(resetMs - retryAfterMs)), maxCount)
      table.write(subject, cell)
    },
    forget(subject) {
      table.delete(subject)
    },
    clear() {
      if (table.size > 0) table = createKeyTable(maxDenials)
    },
  }
}
