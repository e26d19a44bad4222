import type { AlfredEventName, AlfredEvents } from '@alfred/core'
import type { LabelDeclarations } from '../instruments/label-declaration.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'
import type { CounterDefinition, GaugeDefinition, Labelled } from '../instruments/metric-definition.ts'

/** Defines what an event is counted on, and answers what counts one. */
export type EventMetric<E> = (metrics: MetricFactory) => (event: E) => void

/** The label values that an application names: policies, checks, reasons, providers. They are few. */
export const names = { max: 100 } as const

/** A metric for every event. */
export type EventMetrics = { readonly [N in AlfredEventName]: EventMetric<AlfredEvents[N]> }

/** Values for the labels of a row: events carry plain strings, and what is not declared counts as `other`. */
type RowValues<L> = { readonly [K in keyof L]: string }

/** Counts `amount` of every event, 1 by default, on the series with the labels that `valuesOf` answers. */
export function counts<E, const L extends LabelDeclarations = LabelDeclarations>(
  { labels, ...definition }: CounterDefinition & Partial<Labelled<L>>,
  valuesOf: (event: E) => RowValues<L>,
  amount: (event: E) => number = () => 1,
): EventMetric<E> {
  return (metrics) => {
    if (labels === undefined) {
      const counter = metrics.counter(definition)
      return (event) => {
        counter.inc(amount(event))
      }
    }
    const family = metrics.counter<LabelDeclarations>({ ...definition, labels })
    return (event) => {
      family.with(valuesOf(event)).inc(amount(event))
    }
  }
}

/** Sets a gauge to what `valueOf` answers. */
export function sets<E>(
  definition: GaugeDefinition,
  valueOf: (event: E) => number,
  { initially }: { readonly initially?: number } = {},
): EventMetric<E> {
  return (metrics) => {
    const gauge = metrics.gauge(definition)
    if (initially !== undefined) gauge.set(initially)
    return (event) => {
      gauge.set(valueOf(event))
    }
  }
}

/** Sets the series of the state that something came to to 1, and those of all the other states to 0. */
export function switches<E, const L extends LabelDeclarations & { readonly state: readonly string[] }>(
  definition: GaugeDefinition & Labelled<L>,
  valuesOf: (event: E) => RowValues<L>,
): EventMetric<E> {
  return (metrics) => {
    const family = metrics.gauge<LabelDeclarations>(definition)
    return (event) => {
      const values: Readonly<Record<string, string>> = valuesOf(event)
      for (const state of definition.labels.state) {
        family.with({ ...values, state }).set(values['state'] === state ? 1 : 0)
      }
    }
  }
}

/** Does two things with the same event. */
export const both =
  <E>(one: EventMetric<E>, other: EventMetric<E>): EventMetric<E> =>
  (metrics) => {
    const first = one(metrics)
    const second = other(metrics)
    return (event) => {
      first(event)
      second(event)
    }
  }
