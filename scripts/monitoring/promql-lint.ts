import { describeMetrics } from '@alfred/metrics'
import { parser } from '@prometheus-io/lezer-promql'
import { recordingRules } from './recording-rules.ts'

/** Series that do not come from the server itself, with their labels. */
const foreignSeries: Readonly<Record<string, readonly string[]>> = {
  // Prometheus' own.
  up: [],
  ALERTS: ['alertname', 'alertstate', 'severity'],
}

/** What Prometheus adds to every series. */
const targetLabels = ['job', 'instance']

const suffixes: Readonly<Record<ReturnType<typeof describeMetrics>[number]['kind'], readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum'],
}

/** The labels of every series that a query may name. */
export function knownSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, ReadonlySet<string>>()
  const add = (name: string, labels: readonly string[]): void => {
    known.set(name, new Set([...targetLabels, ...labels]))
  }
  for (const { kind, name, labels } of describeMetrics()) {
    for (const suffix of suffixes[kind]) {
      add(name + suffix, [...Object.keys(labels), ...(suffix === '_bucket' ? ['le'] : [])])
    }
  }
  for (const { record } of recordingRules) add(record, [])
  for (const [name, labels] of Object.entries(foreignSeries)) add(name, labels)
  return known
}

/** What is wrong with a query: its syntax, a series that nobody exports, a label that none of its series has. */
export function promqlProblems(
  query: string,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const problems: string[] = []
  const labels = new Set<string>()
  const used = new Set<string>()
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      const text = query.slice(from, to)
      if (type.isError) problems.push(`a syntax error at ${String(from)}`)
      else if (type.name === 'Identifier') used.add(text)
      else if (type.name === 'LabelName') labels.add(text)
    },
  })
  if (used.size === 0) problems.push('no series is named')
  const possible = new Set<string>()
  for (const name of used) {
    const own = known.get(name)
    if (own === undefined) problems.push(`nobody exports ${name}`)
    for (const label of own ?? []) possible.add(label)
  }
  for (const label of labels) {
    if (!possible.has(label)) problems.push(`none of its series has a label ${label}`)
  }
  return problems
}
