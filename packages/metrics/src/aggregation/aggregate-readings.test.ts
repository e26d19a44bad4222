import { expect, it } from 'vitest'
import { aggregateReadings } from './aggregate-readings.ts'
import type { Aggregation } from '../instruments/metric-definition.ts'

const reading = (aggregator: Aggregation, ...values: readonly number[]) => ({
  name: 'x',
  help: 'X.',
  type: 'gauge' as const,
  aggregator,
  values: values.map((value, index) => ({ labels: { k: String(index) }, value })),
})

it.each<[Aggregation, readonly (number | undefined)[]]>([
  ['sum', [5, 2]],
  ['first', [4, 2]],
  ['min', [1, 2]],
  ['max', [4, 2]],
  ['average', [2.5, 2]],
  ['omit', []],
])('combines gauges by %s', (aggregation, expected) => {
  const [metric] = aggregateReadings([
    { processId: 1, readings: [reading(aggregation, 4, 2)] },
    { processId: 1, readings: [reading(aggregation, 1)] },
    { processId: 2, readings: [reading(aggregation, NaN)] },
  ])
  expect(metric?.values.map(({ value }) => value)).toEqual(expected)
})

it('tells series apart by their labels in any order, and the lines of a histogram by their names', () => {
  const line = (metricName: string, labels: Readonly<Record<string, string>>) => ({
    processId: 1,
    readings: [{ ...reading('sum'), values: [{ metricName, labels, value: 1 }] }],
  })
  const [metric] = aggregateReadings([
    line('x_sum', { a: '1', b: '2' }),
    line('x_sum', { b: '2', a: '1' }),
    line('x_count', { a: '1', b: '2' }),
  ])
  expect(metric?.values.map(({ metricName, value }) => [metricName, value])).toEqual([
    ['x_sum', 2],
    ['x_count', 1],
  ])
})

it('counts what belongs to a process once, however many of its threads read it', () => {
  const cpu = (value: number) => [{ ...reading('sum', value), scope: 'process' as const }]
  const [metric] = aggregateReadings([
    { processId: 1, readings: cpu(1.1) },
    { processId: 1, readings: cpu(1.2) },
    { processId: 2, readings: cpu(3) },
  ])
  expect(metric?.values.map(({ value }) => value)).toEqual([4.2])
})
