import type { MetricReading } from '../instruments/exported-metric.ts'
import { sampleKey } from './aggregate-readings.ts'

/**
 * What was counted since `before`. A series that is lower than before has begun anew, as Prometheus reads it: all of it
 * was counted since.
 */
export function subtractReadings(
  readings: readonly MetricReading[],
  before: readonly MetricReading[],
): readonly MetricReading[] {
  const valuesByName = new Map(
    before.map(({ name, values }) => [
      name,
      new Map(values.map((sample) => [sampleKey(sample), sample.value])),
    ]),
  )
  return readings.map((reading) => {
    const valuesBefore = valuesByName.get(reading.name)
    if (valuesBefore === undefined) return reading
    const values = reading.values.map((sample) => {
      const valueBefore = valuesBefore.get(sampleKey(sample)) ?? 0
      return sample.value < valueBefore ? sample : { ...sample, value: sample.value - valueBefore }
    })
    return { ...reading, values }
  })
}
