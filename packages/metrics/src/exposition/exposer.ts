import type { MetricReading } from '../instruments/exported-metric.ts'
import { contentTypes, type ExpositionFormat, writeMetric, writeReading } from './exposition.ts'
import type { MetricCatalog } from '../instruments/metric-catalog.ts'
import type { MetricsRegistry, RegisteredMetric } from '../instruments/metrics-registry.ts'
import { createTextBuffer } from './text-buffer.ts'

/** A scrape's answer. */
export interface Exposition {
  readonly contentType: string
  /** The text in UTF-8, as it is sent. */
  readonly bytes: Buffer
  /** The text. */
  readonly body: string
}

/** Builds an {@link Exposition}, whose text is made of its bytes by whoever asks for it. */
export const createExposition = (contentType: string, bytes: Buffer): Exposition => ({
  contentType,
  bytes,
  get body() {
    return bytes.toString()
  },
})

/** How much is set aside for a first scrape. */
const firstBytes = 64 * 1024

const isReadable = (registered: object): registered is RegisteredMetric =>
  'get' in registered && typeof registered.get === 'function'

const isReading = (value: unknown): value is MetricReading =>
  typeof value === 'object' && value !== null && 'values' in value && Array.isArray(value.values)

/** What every metric of a registry answers, exemplars left out. */
export async function readRegistry(registry: MetricsRegistry): Promise<readonly MetricReading[]> {
  const readings = await Promise.all(
    registry.getMetricsAsArray().map((registered) => (isReadable(registered) ? registered.get() : undefined)),
  )
  return readings.filter(isReading).map(({ name, help, type, aggregator, scope, values }) => ({
    name,
    help,
    type,
    aggregator,
    // What other libraries put into a registry keeps to this prefix.
    scope: scope ?? (name.startsWith('process_') ? 'process' : 'thread'),
    values: values.map(({ metricName, labels, value }) =>
      metricName === undefined ? { labels, value } : { metricName, labels, value },
    ),
  }))
}

/**
 * Builds what writes a registry of our own: our metrics from their slots, those that others put there by what
 * they answer.
 */
export function createExposer(
  registry: MetricsRegistry,
  catalog: MetricCatalog,
): (format: ExpositionFormat) => Promise<Exposition> {
  let expectedBytes = firstBytes
  return async (format) => {
    const out = createTextBuffer(expectedBytes)
    for (const registered of registry.getMetricsAsArray()) {
      const metric = catalog.exported(registered)
      if (metric !== undefined) writeMetric(metric, format, out)
      else if (isReadable(registered)) out.write(writeReading(await registered.get(), format))
    }
    if (format === 'openmetrics') out.write('# EOF\n')
    const bytes = out.finish()
    // With room for what the next one has more, so that it need not grow.
    expectedBytes = Math.max(firstBytes, Math.ceil(bytes.length * 1.25))
    return createExposition(contentTypes[format], bytes)
  }
}
