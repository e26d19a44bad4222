import type { HealthStatus, Measurement } from '../checks/check.ts'

const statuses = ['pass', 'warn', 'fail'] as const satisfies HealthStatus[]

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const valueOf = (value: unknown): Measurement['observedValue'] => {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/**
 * Reads what a check of the application measured; what cannot be written as JSON is left out. A document that cannot be
 * written would fail the probe of every other check.
 */
export function readMeasurements(value: unknown): readonly Measurement[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown): Measurement[] => {
    if (typeof entry !== 'object' || entry === null) return []
    const fields: Partial<Record<keyof Measurement, unknown>> = entry
    const name = textOf(fields.name)
    if (name === undefined) return []
    return [
      {
        name,
        componentId: textOf(fields.componentId),
        observedValue: valueOf(fields.observedValue),
        observedUnit: textOf(fields.observedUnit),
        status: statuses.find((status) => status === fields.status),
        output: textOf(fields.output),
      },
    ]
  })
}
