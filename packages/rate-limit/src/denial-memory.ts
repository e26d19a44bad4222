import type { Clock } from '@alfred/core'
import { compileGcra, drainMs, type PolicyAnswer } from './gcra.ts'
import { createKeyTable } from './key-table.ts'
import type { ResolvedPolicy } from './policy.ts'

const mostDenials = 100_000

/** Remembers whom a policy denied, until the time at which the store said a request would fit again. */
export interface DenialMemory {
  /** The denial that still holds for a subject. */
  find(subject: string): PolicyAnswer | undefined
  remember(subject: string, answer: PolicyAnswer): void
  forget(subject: string): void
}

/** Builds the memory of one policy's denials: bounded, without timers, the same time for each call. */
export function createDenialMemory(policy: ResolvedPolicy, clock: Clock): DenialMemory {
  const { burst, cost, limit, windowMs } = policy
  const gcra = compileGcra(limit, windowMs, burst)
  const lifeMs = gcra ? drainMs(gcra) : 0
  // A request of the policy's cost fits once all but this much of the bucket is paid.
  const owedWhenFitsMs = ((burst - cost) * windowMs) / limit
  const table = createKeyTable(mostDenials)

  return {
    find(subject) {
      if (table.size === 0) return undefined
      const slot = table.find(subject)
      if (slot === -1) return undefined
      const retryAfterMs = table.time(slot) - clock.monotonicMs()
      if (retryAfterMs > 0) {
        const resetMs = retryAfterMs + owedWhenFitsMs
        return { allowed: false, remaining: table.rest(slot), retryAfterMs, nextMs: retryAfterMs, resetMs }
      }
      table.delete(subject)
      return undefined
    },
    remember(subject, { remaining, retryAfterMs }) {
      const nowMs = clock.monotonicMs()
      table.age(nowMs, lifeMs)
      const found = table.find(subject)
      table.set(found === -1 ? table.insert(subject) : found, nowMs + retryAfterMs, remaining)
    },
    forget(subject) {
      table.delete(subject)
    },
  }
}
