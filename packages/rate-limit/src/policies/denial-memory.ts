import type { Clock } from '@alfred/core'
import type { Cell, Quota } from '../algorithms/algorithm.ts'
import { createKeyTable } from '../stores/memory/key-table.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import type { ForgottenDenials } from './forgotten-denials.ts'

const maxDenials = 100_000
const maxCount = 2 ** 32 - 1

/** Remembers whom a policy denied, until the time at which the store said a request would fit again. */
export interface DenialMemory {
  /**
   * The denial that still holds for a subject.
   *
   * @param quota - of the subject's plan; a denial under another one says nothing
   */
  find(subject: string, quota: Quota | undefined): PolicyAnswer | undefined
  /** @param since - the count of what was forgotten, as it was when the store was asked */
  remember(subject: string, answer: PolicyAnswer, quota: Quota | undefined, since: number): void
  forget(subject: string): void
  clear(): void
}

/** What {@link createDenialMemory} needs. */
export interface DenialMemoryOptions {
  /** The longest a denial of the policy holds. */
  readonly lifeMs: number
  readonly clock: Clock
  /** For how long to believe a denial, at the time of asking. */
  readonly maxMs: () => number
  readonly forgotten: ForgottenDenials
}

/** Builds the memory of one policy's denials: bounded, without timers, the same time for each call. */
export function createDenialMemory({ lifeMs, clock, maxMs, forgotten }: DenialMemoryOptions): DenialMemory {
  let table = createKeyTable(maxDenials)
  /** The quotas of those that have a plan. */
  const quotas = new Map<string, Quota>()
  const cell: Cell = { timeUs: 0, count: 0, previous: 0 }

  const clear = (): void => {
    if (table.size > 0) table = createKeyTable(maxDenials)
    quotas.clear()
  }

  return {
    find(subject, quota) {
      if (table.size === 0 || !table.read(subject, cell)) return undefined
      if ((quota || quotas.size > 0) && !isSame(quota, quotas.get(subject))) return undefined
      const retryAfterMs = cell.timeUs / 1000 - clock.monotonicMs()
      if (retryAfterMs > 0) {
        const resetMs = retryAfterMs + cell.previous
        return { allowed: false, remaining: cell.count, retryAfterMs, nextMs: retryAfterMs, resetMs }
      }
      table.delete(subject)
      return undefined
    },
    remember(subject, { remaining, retryAfterMs: toldMs, resetMs }, quota, since) {
      if (forgotten.isOutdated(subject, since)) return
      if (quotas.size >= maxDenials) clear()
      if (quota) quotas.set(subject, quota)
      else if (quotas.size > 0) quotas.delete(subject)
      const retryAfterMs = Math.min(toldMs, maxMs())
      const nowMs = clock.monotonicMs()
      table.age(nowMs, lifeMs)
      cell.timeUs = (nowMs + retryAfterMs) * 1000
      cell.count = remaining
      cell.previous = Math.min(Math.max(0, Math.round(resetMs - retryAfterMs)), maxCount)
      table.write(subject, cell)
    },
    forget(subject) {
      forgotten.note(subject)
      table.delete(subject)
      quotas.delete(subject)
    },
    clear() {
      forgotten.note(undefined)
      clear()
    },
  }
}

const isSame = (one: Quota | undefined, other: Quota | undefined): boolean =>
  one?.limit === other?.limit && one?.burst === other?.burst
