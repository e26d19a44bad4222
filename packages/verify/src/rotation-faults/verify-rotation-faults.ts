import { type FaultScenario, faultScenarios } from './fault-scenarios.ts'
import { simulateScenario } from './simulate-scenario.ts'

/** What all scenarios came to. */
export interface RotationFaultFigures extends Readonly<Record<string, number>> {
  readonly scenarios: number
  readonly keysMade: number
  /** What as many runs without a fault make. */
  readonly keysNeeded: number
  /** Keys beyond those, of all scenarios and of the worst. */
  readonly extraKeys: number
  readonly maxExtraKeys: number
  readonly unusableSeconds: number
  readonly falselyRevoked: number
  readonly lostAcknowledged: number
}

/** Lives through scenarios of 95 days each, one fault in each, under fake clocks with a provider in memory. */
export async function simulateFaults(
  scenarios: readonly FaultScenario[],
  onScenario: (name: string, extraKeys: number, unusableSeconds: number) => void = () => undefined,
): Promise<RotationFaultFigures> {
  const { keysMade: needed } = await simulateScenario(undefined)
  const total = {
    keysMade: 0,
    extraKeys: 0,
    maxExtraKeys: 0,
    unusableSeconds: 0,
    falselyRevoked: 0,
    lostAcknowledged: 0,
  }
  for (const scenario of scenarios) {
    const figures = await simulateScenario(scenario)
    const extra = Math.max(0, figures.keysMade - needed)
    total.keysMade += figures.keysMade
    total.extraKeys += extra
    total.maxExtraKeys = Math.max(total.maxExtraKeys, extra)
    total.unusableSeconds += figures.unusableSeconds
    total.falselyRevoked += figures.falselyRevoked
    total.lostAcknowledged += figures.lostAcknowledged
    onScenario(scenario.name, extra, figures.unusableSeconds)
  }
  return { scenarios: scenarios.length, keysNeeded: needed * scenarios.length, ...total }
}

/** Runs all scenarios. */
export async function verifyRotationFaults(): Promise<Readonly<Record<string, unknown>>> {
  let done = 0
  const figures = await simulateFaults(faultScenarios, (name, extraKeys, unusableSeconds) => {
    done += 1
    if (extraKeys > 1 || unusableSeconds > 0) {
      console.error(`${name}: ${String(extraKeys)} extra keys, ${String(unusableSeconds)} s without a key`)
    }
    if (done % 50 === 0) console.error(`${String(done)} of ${String(faultScenarios.length)} scenarios`)
  })
  const { maxExtraKeys, unusableSeconds, falselyRevoked, lostAcknowledged } = figures
  if (maxExtraKeys > 1 || unusableSeconds + falselyRevoked + lostAcknowledged > 0) process.exitCode = 1
  return figures
}
