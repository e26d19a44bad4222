/** Samples of one promtool test: series with their values in promtool's notation. */
export type TestSeries = Readonly<Record<string, string>>

/** How often a test looks. */
export const testSteps = ['1m', '15m'] as const
export type TestStep = (typeof testSteps)[number]

/** One alert, with the tests that show when it fires and when not. */
export interface AlertRule {
  readonly name: string
  readonly severity: 'critical' | 'warning'
  readonly expr: string
  /** How long it must hold. */
  readonly for?: string | undefined
  readonly summary: string
  readonly description: string
  readonly tests: {
    /** Time between two samples and two evaluations: long windows need not be looked at every minute. @default '1m' */
    readonly step?: TestStep | undefined
    readonly fires: {
      readonly series: TestSeries
      readonly at: string
      readonly labels: Readonly<Record<string, string>>
    }
    readonly silent: { readonly series: TestSeries; readonly at: string }
  }
}

/** A series that is computed once for the alerts and dashboards that use it. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** Of the job under which Prometheus scrapes the server. */
export const job = 'alfred'

/** Every series of one instance in the tests. */
export const instance = { job, instance: 'app:3000' } as const

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')

/** A series of the tested instance. */
export const series = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
  `${name}{${labelText({ ...instance, ...labels })}}`

/** A condition on a counter that went up. Not by increase(), which is blind to the first time: that one makes the series. */
export const increased = (counter: string, by: string, within: string): string => {
  const now = `sum by (${by}) (${counter})`
  return `${now} - (sum by (${by}) (${counter} offset ${within}) or 0 * ${now}) > 0`
}
