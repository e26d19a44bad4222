import { type FaultFigures, measureFault } from './measure-fault.ts'
import { redisFaults, type RedisFaultName } from './redis-faults.ts'

export interface LimiterFaultFigures extends Readonly<Record<string, unknown>> {
  readonly faults: Readonly<Record<string, FaultFigures>>
}

const plan = { beforeMs: 4000, faultMs: 4000, quietMs: 2000, maxRecoveryMs: 30_000 } as const

/**
 * Breaks Redis servers of its own in every way there is a policy for, under load, one after the other. The limiters run in
 * this process, where crashes are counted; every Redis must serve again in the end, or it has not recovered.
 */
export async function verifyLimiterFaults(): Promise<LimiterFaultFigures> {
  const faults: Record<string, FaultFigures> = {}
  for (const name of Object.keys(redisFaults) as RedisFaultName[]) {
    const { worstMs, ...figures } = await measureFault(name, plan)
    faults[name] = figures
    console.error(`${name.padEnd(20)} ${JSON.stringify(figures)}, longest call ${String(worstMs)} ms`)
  }
  return { faults }
}
