import type { MetricReading, SampleValue } from '../instruments/exported-metric.ts'
import type { Aggregation } from '../instruments/metric-definition.ts'

const combine: Readonly<Record<Aggregation, (values: readonly number[]) => number | undefined>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  first: (values) => values[0],
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  omit: () => undefined,
}

interface Group {
  readonly sample: SampleValue
  readonly values: number[]
}

const sampleKey = ({ metricName, labels }: SampleValue): string =>
  JSON.stringify([metricName, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])

/** Makes one reading of what several processes or threads read of the same metrics. */
export function aggregateReadings(sources: readonly (readonly MetricReading[])[]): readonly MetricReading[] {
  const metrics = new Map<string, { readonly reading: MetricReading; readonly groups: Map<string, Group> }>()
  for (const reading of sources.flat()) {
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
      const value = combine[reading.aggregator](values)
      if (value === undefined) return []
      return [metricName === undefined ? { labels, value } : { metricName, labels, value }]
    }),
  }))
}
