import type { MetricReading, SampleValue } from '../instruments/exported-metric.ts'
import type { Aggregation } from '../instruments/metric-definition.ts'

/** What one process or thread reads of its metrics. */
export interface SourceReadings {
  /** Equal for the threads of one process. */
  readonly processId: number
  readonly readings: readonly MetricReading[]
}

type Combine = (values: readonly number[]) => number | undefined

const combine: Readonly<Record<Aggregation, Combine>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  first: (values) => values[0],
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  omit: () => undefined,
}

/** Makes one reading of what several processes or threads read of the same metrics. */
export const aggregateReadings = (sources: readonly SourceReadings[]): readonly MetricReading[] =>
  combineReadings(readingsByProcess(sources), ({ aggregator }) => combine[aggregator])

const isOfProcess = ({ scope }: MetricReading): boolean => scope === 'process'

/** The threads of a process measure the same where a metric is the process': it counts once. */
function readingsByProcess(sources: readonly SourceReadings[]): readonly MetricReading[] {
  const processes = Array.from(Map.groupBy(sources, ({ processId }) => processId).values())
  return processes.flatMap((threads) => {
    const readings = threads.flatMap((thread) => thread.readings)
    const shared = combineReadings(readings.filter(isOfProcess), () => combine.max)
    return [...readings.filter((reading) => !isOfProcess(reading)), ...shared]
  })
}

interface Group {
  readonly sample: SampleValue
  readonly values: number[]
}

/** What tells the series of a metric apart. */
export const sampleKey = ({ metricName, labels }: SampleValue): string =>
  JSON.stringify([metricName, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])

function combineReadings(
  readings: readonly MetricReading[],
  combineOf: (reading: MetricReading) => Combine,
): readonly MetricReading[] {
  const metrics = new Map<string, { readonly reading: MetricReading; readonly groups: Map<string, Group> }>()
  for (const reading of readings) {
    let metric = metrics.get(reading.name)
    if (metric === undefined) metrics.set(reading.name, (metric = { reading, groups: new Map() }))
    for (const sample of reading.values) {
      // What is infinite does not survive the JSON between processes.
      if (!Number.isFinite(sample.value)) continue
      const key = sampleKey(sample)
      const group = metric.groups.get(key)
      if (group) group.values.push(sample.value)
      else metric.groups.set(key, { sample, values: [sample.value] })
    }
  }
  return Array.from(metrics.values(), ({ reading, groups }) => ({
    ...reading,
    values: Array.from(groups.values()).flatMap(({ sample: { metricName, labels }, values }) => {
      const value = combineOf(reading)(values)
      if (value === undefined) return []
      return [metricName === undefined ? { labels, value } : { metricName, labels, value }]
    }),
  }))
}
