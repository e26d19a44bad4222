import { targetServers } from './routers.ts'
import { createRawGuard, createTargetGuard } from './routes.ts'
import { findParsedSeeds, runTargetTrial } from './target-trial.ts'

/** What the generated targets did. */
export type TargetVerificationFigures = {
  /** Generated, each sent to every router. */
  readonly targets: number
  readonly routers: number
  /** A route ran below a prefix whose rule did not hold. */
  readonly escaped: number
  /** A rule exempted a request, and a route ran that it is not for. */
  readonly wronglyExempted: number
  /** Answered with 400 by Node, the guard or the router, of all requests. */
  readonly refused: number
  /** How many escape a guard that compares the path as it came. */
  readonly escapedControl: number
}

/** How many targets the control gets: it shows that the targets attack. */
const maxControlTargets = 20_000

/**
 * Sends 200,000 generated request targets to every router behind the guard, as raw bytes. `ALFRED_TARGETS` is for shorter runs.
 */
export async function verifyTargets(): Promise<TargetVerificationFigures> {
  const targets = Number(process.env['ALFRED_TARGETS'] ?? 200_000)
  const seeds = await findParsedSeeds({ first: 1, count: targets })
  const routers = Object.keys(targetServers)
  const sums = { escaped: 0, wronglyExempted: 0, refused: 0, escapedControl: 0 }
  for (const router of routers) {
    const figures = await runTargetTrial(router, createTargetGuard, seeds, (finding) => {
      console.error(JSON.stringify(finding))
    })
    const control = await runTargetTrial(router, createRawGuard, seeds.slice(0, maxControlTargets))
    sums.escaped += figures.escaped
    sums.wronglyExempted += figures.wronglyExempted
    sums.refused += figures.refused + targets - seeds.length
    sums.escapedControl += control.escaped
    console.error(`${router}: ${JSON.stringify({ ...figures, escapedControl: control.escaped })}`)
    if (figures.answered < seeds.length || control.escaped === 0) process.exitCode = 1
  }
  if (sums.escaped > 0 || sums.wronglyExempted > 0) process.exitCode = 1
  return { targets, routers: routers.length, ...sums }
}
