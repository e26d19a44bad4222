import { type Clock, clockRule, lifecycle, option, readOptions, systemClock } from '@alfred/core'
import type { Cell } from './algorithm.ts'
import { compileRule, type CompiledRule, decide, type RuleState } from './compiled-rules.ts'
import { createKeyTable, type KeyTable } from './key-table.ts'
import type { RateLimitStore, StoreAnswer, StoreRule, TakeOptions } from './rate-limit-store.ts'

/** A {@link StoreTake} that answers at once. */
export type MemoryTake = (subject: string, options?: TakeOptions) => StoreAnswer

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

/** A rule and the cells of everybody it counts. */
interface MemoryRule extends CompiledRule {
  readonly table: KeyTable
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
  const cell: Cell = { timeUs: 0, count: 0, previous: 0 }

  const tableOf = (name: string): KeyTable => {
    let table = tables.get(name)
    if (!table) tables.set(name, (table = createKeyTable(maxKeys)))
    return table
  }

  const stateOf = ({ table, algorithm }: MemoryRule, subject: string, nowUs: number): RuleState => {
    table.read(subject, cell)
    return { reading: algorithm.read(cell, nowUs), blockedUs: 0 }
  }

  return {
    prepare(rules) {
      const compiled = rules.map((rule): MemoryRule => {
        const made = compileRule(rule)
        return { ...made, table: tableOf(`${made.algorithmName} ${made.name}`) }
      })
      const lifeMs = Math.max(...compiled.map(({ algorithm }) => algorithm.lifeMs))
      const ownTakes = compiled.map((rule) => rule.take)

      return (subject, { costs, forced = false } = {}) => {
        const nowMs = clock.monotonicMs()
        // Cells of zeros must be past for a clock that begins at 0, too.
        const nowUs = Math.floor(nowMs * 1000) + 1
        const takes = costs
          ? compiled.map(({ algorithm }, place) => (costs[place] ?? 0) * algorithm.unit)
          : ownTakes
        const states = compiled.map((rule) => {
          rule.table.age(nowMs, lifeMs)
          return stateOf(rule, subject, nowUs)
        })
        const { admitted, answers, after } = decide(compiled, states, takes, forced)
        if (admitted) {
          for (const [place, { table, algorithm }] of compiled.entries()) {
            const reading = after[place]
            if (!reading || takes[place] === 0 || reading === states[place]?.reading) continue
            algorithm.write(reading, nowUs, cell)
            if (algorithm.resetMs(reading) > 0) table.write(subject, cell)
            else table.delete(subject)
          }
        }
        return { admitted, answers }
      }
    },
    ...lifecycle(() => {
      tables.clear()
    }),
  }
}
