import type { HealthGroup, HealthStatus } from '../checks/check.ts'
import type { CheckSnapshot } from '../registry/health-snapshot.ts'
import type { ServiceIdentity } from '../registry/service-identity.ts'

type Node = Readonly<Record<string, unknown>>

const isoTime = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString()

/** One check as the draft's `component:measurement` entries; the first is always its response time. */
function addCheck(checks: Record<string, Node[]>, check: CheckSnapshot): void {
  const status: HealthStatus = check.status === 'pending' ? 'fail' : check.status
  const time = isoTime(check.checkedAt)
  const componentType = check.kind
  checks[`${check.name}:responseTime`] = [
    {
      componentType,
      ...(check.durationMs === undefined
        ? {}
        : { observedValue: Math.round(check.durationMs * 10) / 10, observedUnit: 'ms' }),
      status,
      time,
      // Section 3.5: left out when the state is pass.
      output: status === 'pass' ? undefined : check.output,
    },
  ]
  for (const measurement of check.measurements) {
    const own = measurement.status ?? status
    const entries = (checks[`${check.name}:${measurement.name}`] ??= [])
    entries.push({
      componentId: measurement.componentId,
      componentType,
      observedValue: measurement.observedValue,
      observedUnit: measurement.observedUnit,
      status: own,
      time,
      output: own === 'pass' ? undefined : measurement.output,
    })
  }
}

/** The body that everybody may see. */
export const summaryDocument = (status: HealthStatus, output: string | undefined): string =>
  JSON.stringify({ status, output })

/** The body with every check of `group`, as draft-inadarei-api-health-check-06 lays it out. */
export function detailedDocument(
  status: HealthStatus,
  output: string | undefined,
  identity: ServiceIdentity,
  group: HealthGroup,
  snapshots: readonly CheckSnapshot[],
): string {
  const checks: Record<string, Node[]> = {}
  for (const snapshot of snapshots) if (snapshot.groups.includes(group)) addCheck(checks, snapshot)
  return JSON.stringify({ status, output, ...identity, checks })
}
