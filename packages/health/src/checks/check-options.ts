import type { MemberRule, Resolved } from '@alfred/core'
import { checkShape, type HealthCheck } from './check.ts'

/** A check with every default in place. */
export interface ResolvedCheck extends Omit<Resolved<typeof checkShape>, 'staleAfterMs'> {
  readonly staleAfterMs: number
}

type Timing = Pick<Resolved<typeof checkShape>, 'intervalMs' | 'staleAfterMs' | 'timeoutMs'>

const staleAfter = ({ intervalMs, timeoutMs, staleAfterMs = 3 * intervalMs + timeoutMs }: Timing): number =>
  staleAfterMs

/** The rule for one check. */
export const checkRule: MemberRule<ResolvedCheck, HealthCheck, 'required'> = checkShape
  .check(({ requiredToStart, groups, ...timing }, report) => {
    if (staleAfter(timing) < timing.intervalMs) {
      report.at('staleAfterMs').add('ALFRED_CONFIG_CONFLICT', 'must not be shorter than intervalMs.')
    }
    if (requiredToStart && !groups.includes('startup')) {
      report.at('requiredToStart').add('ALFRED_CONFIG_CONFLICT', 'needs the group startup in groups.')
    }
  })
  .map((read) => Object.freeze({ ...read, staleAfterMs: staleAfter(read) }))
