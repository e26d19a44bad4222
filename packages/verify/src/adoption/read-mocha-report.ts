import { z } from 'zod'

const report = z.object({
  stats: z.object({ tests: z.number(), passes: z.number() }),
  failures: z.array(z.object({ fullTitle: z.string() })),
})

/** What Mocha's reporter `json` says. */
export interface MochaReport {
  readonly passed: number
  readonly total: number
  readonly failed: readonly string[]
}

/**
 * Reads the report behind what tests have printed themselves.
 *
 * @throws `Error` when there is none
 */
export function readMochaReport(output: string): MochaReport {
  const start = output.lastIndexOf('{\n  "stats"')
  if (start === -1) throw new Error('Mocha wrote no report.')
  const { stats, failures } = report.parse(JSON.parse(output.slice(start)))
  return { passed: stats.passes, total: stats.tests, failed: failures.map(({ fullTitle }) => fullTitle) }
}
