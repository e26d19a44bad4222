import { expect, it } from 'vitest'
import type { MetricReading } from '../instruments/exported-metric.ts'
import type { Scope } from '../instruments/metric-definition.ts'
import { aggregateReadings } from './aggregate-readings.ts'
import { createWorkerLedger, type WorkerLedger } from './worker-ledger.ts'

const reading = (name: string, type: 'counter' | 'gauge', value: number, scope: Scope): MetricReading => ({
  name,
  help: `${name}.`,
  type,
  aggregator: 'sum',
  scope,
  values: [{ labels: {}, value }],
})

const readings = (requests: number, cpuSeconds: number): readonly MetricReading[] => [
  reading('requests_total', 'counter', requests, 'thread'),
  reading('cpu_total', 'counter', cpuSeconds, 'process'),
  reading('in_flight', 'gauge', 1, 'thread'),
]

const totals = (ledger: WorkerLedger<object>) =>
  Object.fromEntries(aggregateReadings(ledger.sources()).map(({ name, values }) => [name, values[0]?.value]))

const worker = () => ({})
const own = 1

it('keeps what an ended process has counted, without its gauges', () => {
  const ledger = createWorkerLedger<object>(own)
  const [first, second] = [worker(), worker()]
  ledger.note(first, { processId: 7, readings: readings(1000, 2) })
  ledger.note(second, { processId: 8, readings: readings(3000, 3) })
  expect(totals(ledger)).toEqual({ requests_total: 4000, cpu_total: 5, in_flight: 2 })
  ledger.keep(new Set([second]))
  expect(totals(ledger)).toEqual({ requests_total: 4000, cpu_total: 5, in_flight: 1 })
  // A message that was on its way.
  ledger.note(first, { processId: 7, readings: readings(1001, 2) })
  expect(totals(ledger)).toMatchObject({ requests_total: 4000 })
  ledger.note(second, { processId: 8, readings: readings(3001, 4) })
  ledger.keep(new Set())
  expect(totals(ledger)).toEqual({ requests_total: 4001, cpu_total: 6 })
})

it('keeps what an ended thread has counted, and counts the CPU of its process once', () => {
  const ledger = createWorkerLedger<object>(own)
  const [first, second, third] = [worker(), worker(), worker()]
  ledger.note(first, { processId: own, readings: readings(10, 1.1) })
  ledger.note(second, { processId: own, readings: readings(20, 1.2) })
  ledger.keep(new Set([second]))
  expect(totals(ledger)).toMatchObject({ requests_total: 30, cpu_total: 1.2 })
  ledger.keep(new Set())
  expect(totals(ledger)).toMatchObject({ requests_total: 30, cpu_total: 1.2 })
  ledger.note(third, { processId: own, readings: readings(1, 2.5) })
  ledger.keep(new Set([third]))
  expect(totals(ledger)).toMatchObject({ requests_total: 31, cpu_total: 2.5 })
})

it.each([
  ['a process', 7],
  ['a thread', own],
])('goes on with %s that was missing from the list for a while', (_what, processId) => {
  const ledger = createWorkerLedger<object>(own)
  const first = worker()
  ledger.note(first, { processId, readings: readings(1000, 2) })
  for (const [requests, cpuSeconds] of [
    [1500, 3],
    [1600, 5],
  ] as const) {
    ledger.keep(new Set())
    ledger.keep(new Set([first]))
    ledger.note(first, { processId, readings: readings(requests, cpuSeconds) })
    expect(totals(ledger)).toEqual({ requests_total: requests, cpu_total: cpuSeconds, in_flight: 1 })
  }
  ledger.keep(new Set())
  expect(totals(ledger)).toEqual({ requests_total: 1600, cpu_total: 5 })
})

const ofTenants = (values: Readonly<Record<string, number>>) => ({
  processId: 7,
  readings: [
    {
      ...reading('tenant_total', 'counter', 0, 'thread'),
      values: Object.entries(values).map(([tenant, value]) => ({ labels: { tenant }, value })),
    },
  ],
})

function setUpTenants() {
  const ledger = createWorkerLedger<object>(own)
  const [first, second] = [worker(), worker()]
  const note = (ofFirst: Readonly<Record<string, number>>, ofSecond: Readonly<Record<string, number>>) => {
    ledger.note(first, ofTenants(ofFirst))
    ledger.note(second, ofTenants(ofSecond))
    ledger.keep(new Set([first, second]))
    const values = aggregateReadings(ledger.sources())[0]?.values ?? []
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels['tenant']), value]))
  }
  return { ledger, note, second }
}

it('keeps what one worker has counted of a tenant that gave its place away there', () => {
  const { ledger, note, second } = setUpTenants()
  expect(note({ a: 10, b: 1 }, { a: 5 })).toEqual({ a: 15, b: 1 })
  expect(note({ b: 2 }, { a: 6 })).toEqual({ a: 16, b: 2 })
  expect(note({ b: 2, a: 3 }, { a: 6 })).toEqual({ a: 19, b: 2 })
  expect(note({ b: 2, a: 30 }, { a: 6 })).toEqual({ a: 46, b: 2 })
  expect(note({ b: 2 }, { a: 6 })).toEqual({ a: 46, b: 2 })
  ledger.keep(new Set([second]))
  ledger.keep(new Set())
  expect(
    aggregateReadings(ledger.sources())[0]
      ?.values.map(({ value }) => value)
      .sort(),
  ).toEqual([2, 46])
})

it('forgets a tenant that no worker has any more', () => {
  const { note } = setUpTenants()
  note({ a: 10 }, { a: 5 })
  expect(note({ b: 1 }, { a: 5 })).toEqual({ a: 15, b: 1 })
  expect(note({ b: 1 }, { b: 1 })).toEqual({ b: 2 })
  expect(note({ a: 1 }, { b: 1 })).toEqual({ a: 1, b: 2 })
})

it('counts a tenant once whose readings have overtaken each other', () => {
  const { note } = setUpTenants()
  note({ a: 10 }, { a: 5 })
  expect(note({}, { a: 5 })).toEqual({ a: 15 })
  expect(note({ a: 11 }, { a: 5 })).toEqual({ a: 16 })
})

it('never falls over a thousand ends', () => {
  const ledger = createWorkerLedger<object>(own)
  let last = 0
  for (let life = 1; life <= 1000; life++) {
    const short = worker()
    ledger.note(short, { processId: 1 + (life % 5), readings: readings(life % 7, 0) })
    ledger.keep(new Set(life % 2 === 0 ? [] : [short]))
    const total = totals(ledger)['requests_total'] ?? 0
    expect(total).toBeGreaterThanOrEqual(last)
    last = total
  }
  const truth = Array.from({ length: 1000 }, (_none, index) => (index + 1) % 7).reduce((a, b) => a + b)
  expect(last).toBe(truth)
})
