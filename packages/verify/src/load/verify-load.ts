import { availableParallelism, loadavg } from 'node:os'
import { loadTargets, type TargetRow } from '../../../../examples/alfred-server/test/load/load-targets.ts'
import {
  type LoadFigures,
  type LoadPlan,
  runLoad,
} from '../../../../examples/alfred-server/test/load/run-load.ts'

/** `ALFRED_VERIFY=short` shows that it runs; its figures say nothing about the targets. */
const isShort = process.env['ALFRED_VERIFY'] === 'short'

const plan: LoadPlan = isShort
  ? { seconds: 8, eventClients: 10, socketClients: 10, apiClients: 2, readMs: 2000 }
  : { seconds: 300, eventClients: 200, socketClients: 200, apiClients: 20, readMs: 15_000 }

export interface LoadReport extends LoadFigures, Readonly<Record<string, unknown>> {
  readonly targetsMet: number
  readonly targets: number
}

/** Chats and API traffic on two instances, printed as the table of production targets. */
export async function verifyLoad(): Promise<LoadReport> {
  const load = loadavg()[0] ?? 0
  if (load > 0.5) console.error(`The machine is not quiet: load average ${load.toFixed(1)} before the start.`)
  const figures = await runLoad(plan)
  const rows = loadTargets(figures)
  printTable(rows)
  console.error(
    `${String(availableParallelism())} processors, shared by two instances, PostgreSQL, Redis, provider and clients.`,
  )
  return { ...figures, targetsMet: rows.filter(({ isMet }) => isMet).length, targets: rows.length }
}

function printTable(rows: readonly TargetRow[]): void {
  console.error(`| ${'target'.padEnd(22)} | ${'limit'.padEnd(10)} | ${'measured'.padEnd(10)} | met |`)
  console.error(`| ${'-'.repeat(22)} | ${'-'.repeat(10)} | ${'-'.repeat(10)} | --- |`)
  for (const { name, target, measured, isMet } of rows) {
    const cells = [name.padEnd(22), target.padEnd(10), measured.padEnd(10), isMet ? 'yes' : 'NO ']
    console.error(`| ${cells.join(' | ')} |`)
  }
}
