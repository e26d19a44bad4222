import type { BenchArea, Progress } from './report/bench-area.ts'
import { formatTable } from './report/table.ts'

/** Where a run prints to. */
export interface BenchOutput {
  /** The result: sentences, table and figures. */
  readonly result: Progress
  /** What goes on meanwhile, and errors. */
  readonly progress: Progress
}

/**
 * Runs one area as the command line asks.
 *
 * @param args - the area's name and `--json`, in any order
 * @returns the exit code: 0, or 2 with the list of areas when the arguments name none
 */
export async function runBench(
  args: readonly string[],
  areas: Readonly<Record<string, BenchArea>>,
  { result, progress }: BenchOutput,
): Promise<0 | 2> {
  const [name, ...more] = args.filter((arg) => arg !== '--json')
  const area = name !== undefined && Object.hasOwn(areas, name) ? areas[name] : undefined
  if (!area || more.length > 0) {
    progress('usage: pnpm bench <area> [--json]')
    for (const [known, { summary }] of Object.entries(areas)) progress(`  ${known.padEnd(12)} ${summary}`)
    return 2
  }
  const { how, table, figures } = await area.run(progress)
  for (const sentence of how) result(sentence)
  result('')
  result(formatTable(table))
  if (args.includes('--json')) result(JSON.stringify(figures))
  return 0
}
