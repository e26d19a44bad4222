import { type Clock, clockRule, lifecycle, option, readOptions, systemClock } from '@alfred/core'
import { compileRule, decide, fits } from './compiled-rules.ts'
import { drainMs, owedAt } from './gcra.ts'
import { createKeyTable, type KeyTable } from './key-table.ts'
import type { RateLimitStore, StoreAnswer, StoreRule } from './rate-limit-store.ts'

/** A {@link StoreTake} that answers at once. */
export type MemoryTake = (subject: string, costs?: readonly number[]) => StoreAnswer

/** A {@link RateLimitStore} that answers at once. */
export interface MemoryStore extends RateLimitStore {
  prepare(rules: readonly StoreRule[]): MemoryTake
}

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Subjects remembered for each policy. The half of them used last is always kept, so a flood of new
   * subjects makes the store forget, never grow.
   *
   * @default 100_000
   */
  maxKeys?: number | undefined
  /** @default the machine's clock */
  clock?: Clock | undefined
}

function resolveMemoryStoreOptions(options: MemoryStoreOptions) {
  const read = readOptions(
    'rateLimit.store',
    options,
    option.object<MemoryStoreOptions>({
      maxKeys: option.integer({ min: 2, max: 2 ** 24 }),
      clock: clockRule,
    }),
  )
  return Object.freeze({ maxKeys: read.maxKeys ?? 100_000, clock: read.clock ?? systemClock })
}

/**
 * Builds a store that counts in this process alone. It answers at once, holds no timer, and needs the
 * same time for every call however many subjects it knows.
 *
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createMemoryStore, createRateLimiter } from '@alfred/rate-limit'
 *
 * export const limiter = createRateLimiter({ store: createMemoryStore({ maxKeys: 10_000 }) })
 * ```
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxKeys, clock } = resolveMemoryStoreOptions(options)
  const tables = new Map<string, KeyTable>()

  const tableOf = (name: string): KeyTable => {
    let table = tables.get(name)
    if (!table) tables.set(name, (table = createKeyTable(maxKeys)))
    return table
  }

  return {
    prepare(rules) {
      const compiled = rules.map((rule) => ({ ...compileRule(rule), table: tableOf(rule.name) }))
      const lifeMs = Math.max(...compiled.map(drainMs))
      const ownTakes = compiled.map((rule) => rule.take)

      return (subject, costs) => {
        const nowMs = clock.monotonicMs()
        const nowUs = Math.floor(nowMs * 1000)
        const takes = costs ? compiled.map((rule, index) => (costs[index] ?? 0) * rule.unit) : ownTakes
        const slots: number[] = []
        const owed: number[] = []
        for (const rule of compiled) {
          rule.table.age(nowMs, lifeMs)
          const slot = rule.table.find(subject)
          slots.push(slot)
          owed.push(slot === -1 ? 0 : owedAt(rule, rule.table.time(slot), rule.table.rest(slot), nowUs))
        }
        const answer = decide(compiled, owed, takes)
        if (!answer.admitted) return answer
        for (const [index, rule] of compiled.entries()) {
          const before = owed[index] ?? 0
          const take = takes[index] ?? 0
          if (take === 0 || !fits(rule, before, take)) continue
          const after = Math.max(0, before + take)
          if (after === 0) {
            rule.table.delete(subject)
            continue
          }
          const found = slots[index] ?? -1
          const rest = after % rule.drain
          rule.table.set(
            found === -1 ? rule.table.insert(subject) : found,
            nowUs + (after - rest) / rule.drain,
            rest,
          )
        }
        return answer
      }
    },
    ...lifecycle(() => {
      tables.clear()
    }),
  }
}
