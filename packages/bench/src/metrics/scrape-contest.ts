import { createMetrics, type Metrics } from '@alfred/metrics'
import * as successor from '@prometheus-io/client'
import * as promClient from 'prom-client'
import type { Operation } from '../measure/sampler.ts'

/** How many series a scrape writes: 250 routes in histograms of 40 lines. */
export const scrapedSeries = 10_000

const buckets = Array.from({ length: 37 }, (_, index) => (index + 1) / 10)
const definition = { name: 'request_duration_seconds', help: 'Durations.' } as const
const paths = Array.from({ length: scrapedSeries / 40 }, (_, index) => `/api/resources/${String(index)}`)

/** The same numbers for all. */
const valuesOf = (index: number): readonly number[] => [0.05, (index % 37) / 10 + 0.07, 9]

function createOurs(): Metrics {
  const metrics = createMetrics({ runtime: false })
  const family = metrics.histogram({
    ...definition,
    buckets,
    labels: { path: { max: paths.length }, method: ['GET'] },
  })
  for (const [index, path] of paths.entries()) {
    const histogram = family.with({ path, method: 'GET' })
    for (const value of valuesOf(index)) histogram.observe(value)
  }
  return metrics
}

function createPeer({ Registry, Histogram }: typeof promClient | typeof successor): {
  metrics(): Promise<string>
} {
  const registry = new Registry()
  const histogram = new (Histogram as typeof promClient.Histogram)({
    ...definition,
    buckets,
    labelNames: ['path', 'method'],
    registers: [registry as promClient.Registry],
  })
  for (const [index, path] of paths.entries()) {
    for (const value of valuesOf(index)) histogram.observe({ path, method: 'GET' }, value)
  }
  return registry
}

/** The samples of the histogram, each with its labels in alphabetical order, so that all clients' can be compared. */
const samplesOf = (body: string): readonly string[] =>
  body
    .split('\n')
    .filter((line) => line.startsWith(definition.name))
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`))

/** All to the bytes that a server sends: engines put off the joining of strings until then. @throws when the three do not write the same samples */
export async function createScrapeContest(): Promise<
  Readonly<Record<'ours' | 'promClient' | 'successor', Operation>>
> {
  const ours = createOurs()
  const peers = { promClient: createPeer(promClient), successor: createPeer(successor) }
  const expected = samplesOf((await ours.expose()).body)
  if (expected.length !== scrapedSeries) throw new Error(`a scrape has ${String(expected.length)} series`)
  for (const [name, peer] of Object.entries(peers)) {
    if (samplesOf(await peer.metrics()).join('\n') !== expected.join('\n')) {
      throw new Error(`${name} writes other samples`)
    }
  }
  return {
    ours: async () => (await ours.expose()).bytes,
    promClient: async () => Buffer.from(await peers.promClient.metrics()),
    successor: async () => Buffer.from(await peers.successor.metrics()),
  }
}
