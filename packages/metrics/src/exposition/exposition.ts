import type { ExportedMetric } from '../instruments/exported-metric.ts'
import { escapeLabelValue } from '../instruments/series-set.ts'
import type { StoredExemplar } from '../instruments/slots.ts'
import type { TextBuffer } from './text-buffer.ts'

/** The classic text format 0.0.4, or OpenMetrics 1.0. */
export type ExpositionFormat = 'classic' | 'openmetrics'

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = Object.freeze({
  classic: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
})

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

/** OpenMetrics writes bounds as floats, `2.0`; Prometheus 3 stores the classic `2` so as well. */
function formatBound(bound: number, format: ExpositionFormat): string {
  const text = formatValue(bound)
  return format === 'openmetrics' && Number.isInteger(bound) && !text.includes('e') ? `${text}.0` : text
}

const escapeHelp = (help: string, format: ExpositionFormat): string => {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped
}

/** An OpenMetrics counter `x_total` belongs to the family `x`. */
const familyName = (name: string, type: string, format: ExpositionFormat): string =>
  format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name

function header(name: string, help: string, type: string, format: ExpositionFormat): string {
  const family = familyName(name, type, format)
  return `# HELP ${family} ${escapeHelp(help, format)}\n# TYPE ${family} ${type}\n`
}

/** https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars; the classic text has none. */
function formatExemplar({ traceId, spanId, value, timestamp }: StoredExemplar): string {
  const span = spanId === undefined ? '' : `,span_id="${spanId}"`
  return ` # {trace_id="${traceId}"${span}} ${String(value)} ${timestamp.toFixed(3)}`
}

function writeHistogram(metric: ExportedMetric, format: ExpositionFormat, out: TextBuffer): void {
  const { name, buckets, slots, series } = metric
  const bounds = [...buckets, Infinity].map((bound) => `le="${formatBound(bound, format)}"} `)
  const exemplarOf = (at: number): string => {
    const exemplar = format === 'openmetrics' ? slots.exemplars.get(at) : undefined
    return exemplar === undefined ? '' : formatExemplar(exemplar)
  }
  for (const { text, offset } of series) {
    const { values } = slots
    const bucketHead = `${name}_bucket{${text === '' ? '' : `${text},`}`
    const labels = text === '' ? ' ' : `{${text}} `
    let lines = ''
    let count = 0
    let at = offset
    for (const bound of bounds) {
      count += values[at] ?? 0
      lines += `${bucketHead}${bound}${String(count)}${exemplarOf(at)}\n`
      at += 1
    }
    lines += `${name}_sum${labels}${formatValue(values[at] ?? 0)}\n${name}_count${labels}${String(count)}\n`
    out.write(lines)
  }
}

/** Writes one of our metrics, straight from its slots. */
export function writeMetric(metric: ExportedMetric, format: ExpositionFormat, out: TextBuffer): void {
  const { name, help, kind, slots, series } = metric
  out.write(header(name, help, kind, format))
  if (kind === 'histogram') {
    writeHistogram(metric, format, out)
    return
  }
  for (const { text, offset } of series) {
    out.write(`${name}${text === '' ? ' ' : `{${text}} `}${formatValue(slots.values[offset] ?? 0)}\n`)
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function formatLabels(labels: unknown, format: ExpositionFormat): string {
  if (!isObject(labels)) return ''
  const parts = Object.entries(labels).map(([name, value]) => {
    const bound = (name === 'le' || name === 'quantile') && typeof value === 'number'
    return `${name}="${bound ? formatBound(value, format) : escapeLabelValue(String(value))}"`
  })
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** Writes what `get()` of a metric made by prom-client itself answered; nothing when it is not one. */
export function writeReading(reading: unknown, format: ExpositionFormat): string {
  if (!isObject(reading) || !Array.isArray(reading['values'])) return ''
  const { name, help, type } = reading
  if (typeof name !== 'string' || typeof help !== 'string' || typeof type !== 'string') return ''
  let lines = header(name, help, type, format)
  for (const sample of reading['values'] as readonly unknown[]) {
    if (!isObject(sample) || typeof sample['value'] !== 'number') continue
    const { metricName, labels, value } = sample
    const plain = typeof metricName === 'string' ? metricName : name
    const total =
      format === 'openmetrics' && type === 'counter' ? `${familyName(plain, type, format)}_total` : plain
    lines += `${total}${formatLabels(labels, format)} ${formatValue(value)}\n`
  }
  return lines
}
