import type { LoadFigures } from './run-load.ts'

/** One target, and what was measured. */
export interface TargetRow {
  readonly name: string
  readonly target: string
  readonly measured: string
  readonly isMet: boolean
}

/** What the compose file gives an instance, in MB. */
const memoryLimitMb = 768

const percent = (part: number, whole: number): number => Math.round((part / whole) * 1000) / 10

/** The performance targets of a production deployment, with what a run measured. */
export function loadTargets(figures: LoadFigures): readonly TargetRow[] {
  const slowest = Math.max(
    ...[figures.events, figures.sockets, figures.api].map(({ wholeMs }) => wholeMs.p95),
  )
  const below = (name: string, limit: number, unit: string, measured: number): TargetRow => ({
    name,
    target: `< ${String(limit)} ${unit}`,
    measured: `${String(measured)} ${unit}`,
    isMet: measured < limit,
  })
  const connections = percent(figures.databaseConnections, figures.databaseConnectionsMax)
  return [
    below('Response Time (P95)', 2000, 'ms', slowest),
    {
      name: 'Uptime',
      target: '> 99.9 %',
      measured: `${String(figures.readyPercent)} %`,
      isMet: figures.readyPercent > 99.9,
    },
    below('Error Rate', 0.1, '%', figures.errorPercent),
    below('Database Connections', 80, '%', connections),
    below('Memory Usage', 70, '%', percent(figures.memoryMb, memoryLimitMb)),
    below('CPU Usage', 60, '%', figures.cpuPercent),
  ]
}
