import type { Algorithm, Cell, CellAlgorithm, Reading } from '../../algorithms/algorithm.ts'
import { createKeyTable } from './key-table.ts'

/** What one rule has counted, for everybody. */
export interface MemoryState {
  /** Forgets what nobody asked for during the life of a rule. For every use. */
  age(nowMs: number, lifeMs: number): void
  read(algorithm: Algorithm | CellAlgorithm, subject: string, nowUs: number, lease: number): Reading
  write(
    algorithm: Algorithm | CellAlgorithm,
    subject: string,
    reading: Reading,
    nowUs: number,
    lease: number,
  ): void
  forget(subject: string): void
}

/** Keeps one cell for each subject. */
export function createCellState(maxKeys: number): MemoryState {
  const table = createKeyTable(maxKeys)
  const cell: Cell = { timeUs: 0, count: 0, previous: 0 }
  return {
    age: (nowMs, lifeMs) => {
      table.age(nowMs, lifeMs)
    },
    read(algorithm, subject, nowUs) {
      table.read(subject, cell)
      if (!('read' in algorithm)) return []
      const { timeUs, count } = cell
      const reading = algorithm.read(cell, nowUs)
      // Cut: whoever is told of it finds it as it was told.
      if (cell.timeUs !== timeUs || cell.count !== count) table.write(subject, cell)
      return reading
    },
    write(algorithm, subject, reading, nowUs) {
      if (!('write' in algorithm) || algorithm.resetMs(reading) === 0) {
        table.delete(subject)
        return
      }
      cell.previous = 0
      algorithm.write(reading, nowUs, cell)
      table.write(subject, cell)
    },
    forget: (subject) => {
      table.delete(subject)
    },
  }
}

/** Keeps the leases of each subject: their numbers and ends, in the order in which they were taken. */
export function createLeaseState(maxKeys: number): MemoryState {
  const leases = new Map<string, ReadonlyMap<number, number>>()

  const live = (subject: string, nowUs: number): Map<number, number> =>
    new Map([...(leases.get(subject) ?? [])].filter(([, endsAtUs]) => endsAtUs >= nowUs))

  return {
    age() {
      // Leases come back by themselves, and the map is bounded.
    },
    read(_algorithm, subject, nowUs, lease) {
      const out = live(subject, nowUs)
      const firstUs = out.size === 0 ? nowUs : Math.min(...out.values())
      return [out.size, out.has(lease) ? 1 : 0, firstUs - nowUs]
    },
    write(algorithm, subject, [, own], nowUs, lease) {
      const out = live(subject, nowUs)
      out.delete(lease)
      if (own === 1) out.set(lease, nowUs + algorithm.lifeMs * 1000)
      // The subject used last stands last.
      leases.delete(subject)
      if (out.size > 0) leases.set(subject, out)
      const [oldest] = leases.keys()
      if (leases.size > maxKeys && oldest !== undefined) leases.delete(oldest)
    },
    forget(subject) {
      leases.delete(subject)
    },
  }
}
