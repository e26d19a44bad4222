import type { MetricReading, SampleValue } from '../instruments/exported-metric.ts'
import { aggregateReadings, sampleKey } from './aggregate-readings.ts'

/** Whether it counts, in a thread of its own. */
const isThreadsCount = ({ type, scope }: MetricReading): boolean => type !== 'gauge' && scope !== 'process'

const valuesOf = (readings: readonly MetricReading[]): ReadonlyMap<string, number> =>
  new Map(
    readings.flatMap(({ name, values }) =>
      values.map((sample) => [`${name} ${sampleKey(sample)}`, sample.value] as const),
    ),
  )

const isSameSeries = (a: SampleValue, b: SampleValue | undefined): boolean =>
  a.metricName === b?.metricName &&
  Object.entries(a.labels).every(([label, value]) => b?.labels[label] === value)

/** Nearly always so, and much quicker to see than the keys are to write. */
const hasSameSeries = (before: MetricReading, after: MetricReading | undefined): boolean =>
  before.values.length === after?.values.length &&
  before.values.every((sample, index) => isSameSeries(sample, after.values[index]))

const filterSeries = (
  readings: readonly MetricReading[],
  isKept: (key: string, value: number) => boolean,
): readonly MetricReading[] =>
  readings
    .map((reading) => ({
      ...reading,
      values: reading.values.filter((sample) => isKept(`${reading.name} ${sampleKey(sample)}`, sample.value)),
    }))
    .filter(({ values }) => values.length > 0)

/**
 * What a worker has counted in series that it does not read any more, as when a tenant gives its place to a heavier one.
 *
 * @param lost - the same, before its last readings
 */
export function addLostSeries(
  lost: readonly MetricReading[],
  before: readonly MetricReading[],
  after: readonly MetricReading[],
): readonly MetricReading[] {
  const afterByName = new Map(after.map((reading) => [reading.name, reading]))
  const changed = before.filter((reading) => !hasSameSeries(reading, afterByName.get(reading.name)))
  if (changed.length === 0) return lost
  const [valuesBefore, valuesAfter] = [valuesOf(before), valuesOf(after)]
  const gone = filterSeries(changed.filter(isThreadsCount), (key) => !valuesAfter.has(key))
  // One that comes back with no less was never lost: two readings have overtaken each other.
  const stillLost = filterSeries(
    lost,
    (key, value) => valuesBefore.has(key) || (valuesAfter.get(key) ?? -Infinity) < value,
  )
  if (gone.length === 0) return stillLost
  return aggregateReadings([stillLost, gone].map((readings) => ({ processId: 0, readings })))
}

/**
 * What tells whether a source still reads a series: one that is nowhere else falls in no sum, and is forgotten.
 *
 * @param lost - of all workers
 */
export function createSharedSeriesFilter(
  lost: readonly MetricReading[],
  sources: readonly (readonly MetricReading[])[],
): (readings: readonly MetricReading[]) => readonly MetricReading[] {
  const names = new Set(lost.map(({ name }) => name))
  const values = valuesOf(sources.flatMap((readings) => readings.filter(({ name }) => names.has(name))))
  return (readings) => filterSeries(readings, (key) => values.has(key))
}
