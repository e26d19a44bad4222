import type { Table } from './table.ts'

/** Tells the person in front of the screen what goes on; never part of the result. */
export type Progress = (line: string) => void

/** What an area found. */
export interface BenchReport {
  /** What was measured, how and on what, in sentences. */
  readonly how: readonly string[]
  readonly table: Table
  /** The figures that `--json` prints. */
  readonly figures: Readonly<Record<string, number | Readonly<Record<string, number>>>>
}

/** One thing that is measured side by side with the peers. */
export interface BenchArea {
  /** One line for the list of areas. */
  readonly summary: string
  readonly run: (progress: Progress) => Promise<BenchReport>
}
