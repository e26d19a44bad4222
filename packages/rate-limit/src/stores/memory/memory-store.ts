import { type Clock, clockRule, lifecycle, option, readOptions, systemClock } from '@alfred/core'
import type { AlgorithmName, Cell } from '../../algorithms/algorithm.ts'
import { compileRule, decide, type RuleState, takesOf, withQuotas } from '../compiled-rules.ts'
import { createKeyTable, type KeyTable } from './key-table.ts'
import { createCellState, createLeaseState, type MemoryState } from './memory-state.ts'
import type { RateLimitStore, StoreAnswer, StoreEdit, StoreRule, TakeOptions } from '../rate-limit-store.ts'

/** A {@link StoreTake} that answers at once. */
export type MemoryTake = (subject: string, options?: TakeOptions) => StoreAnswer

/** A {@link RateLimitStore} that answers at once. */
export interface MemoryStore extends RateLimitStore {
  prepare(rules: readonly StoreRule[]): MemoryTake
  edit(edit: StoreEdit): void
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
    option.objectOf<MemoryStoreOptions>({
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
  const states = new Map<string, MemoryState>()
  const blocks = new Map<string, KeyTable>()
  const cell: Cell = { timeUs: 0, count: 0, previous: 0 }
  // Cells of zeros must be past for a clock that begins at 0, too.
  const nowUs = (nowMs: number): number => Math.floor(nowMs * 1000) + 1

  const stateOf = (name: string, algorithm: AlgorithmName): MemoryState => {
    const key = `${algorithm} ${name}`
    let state = states.get(key)
    if (!state) {
      state = algorithm === 'concurrency' ? createLeaseState(maxKeys) : createCellState(maxKeys)
      states.set(key, state)
    }
    return state
  }

  const blockedUs = (name: string, subject: string, atUs: number): number => {
    const table = blocks.get(name)
    return table?.read(subject, cell) ? Math.max(0, cell.timeUs - atUs) : 0
  }

  return {
    prepare(storeRules) {
      const rules = storeRules.map(compileRule)
      const kept = rules.map(({ name, algorithmName }) => stateOf(name, algorithmName))
      const ownTakes = rules.map((rule) => rule.take)
      const lifeMs = Math.max(...rules.map(({ algorithm }) => algorithm.lifeMs))

      return (subject, { costs, quotas, forced = false, lease = 0 } = {}) => {
        const nowMs = clock.monotonicMs()
        const atUs = nowUs(nowMs)
        const applied = withQuotas(rules, quotas)
        const takes = costs || applied !== rules ? takesOf(applied, costs) : ownTakes
        const ruleStates = applied.map(({ name, algorithm }, index): RuleState => {
          const state = kept[index]
          state?.age(nowMs, lifeMs)
          const reading = state?.read(algorithm, subject, atUs, lease) ?? []
          return { reading, blockedUs: blocks.size === 0 ? 0 : blockedUs(name, subject, atUs) }
        })
        const { admitted, answers, after } = decide(applied, ruleStates, takes, forced)
        // As in Redis, a call that takes anything writes the states of all its rules anew.
        if (admitted && takes.some((take) => take !== 0)) {
          for (const [index, { algorithm }] of applied.entries()) {
            kept[index]?.write(algorithm, subject, after[index] ?? [], atUs, lease)
          }
        }
        return { admitted, answers }
      }
    },
    edit({ rule: { name, algorithm = 'gcra' }, subject, forget, blockMs }) {
      if (forget) stateOf(name, algorithm).forget(subject)
      if (blockMs === undefined) return
      let table = blocks.get(name)
      if (!table) blocks.set(name, (table = createKeyTable(maxKeys)))
      if (blockMs === 0) table.delete(subject)
      else {
        const timeUs = nowUs(clock.monotonicMs()) + Math.ceil(blockMs * 1000)
        table.write(subject, { timeUs, count: 0, previous: 0 })
      }
    },
    ...lifecycle(() => {
      states.clear()
      blocks.clear()
    }),
  }
}
