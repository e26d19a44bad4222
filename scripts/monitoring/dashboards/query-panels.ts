import type { DashboardDefinition, PanelDefinition } from './dashboard-definition.ts'

/** A line of a panel: values at seconds since the epoch. */
export interface Line {
  readonly legend: string
  readonly points: readonly (readonly [at: number, value: number])[]
}

/** A panel with what Prometheus answered to its queries. */
export interface FilledPanel extends PanelDefinition {
  readonly lines: readonly Line[]
  /** Queries without any answer. */
  readonly emptyQueries: readonly string[]
}

/** A dashboard with its data. */
export interface FilledDashboard extends Omit<DashboardDefinition, 'panels'> {
  readonly panels: readonly FilledPanel[]
}

interface RangeAnswer {
  readonly status: string
  readonly error?: string
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly values: readonly (readonly [number, string])[]
    }[]
  }
}

const stepSeconds = 5

async function queryRange(prometheus: string, expr: string, from: number, to: number): Promise<RangeAnswer> {
  const parameters = new URLSearchParams({
    query: expr,
    start: String(from),
    end: String(to),
    step: String(stepSeconds),
  })
  const response = await fetch(`${prometheus}/api/v1/query_range?${parameters.toString()}`)
  const answer = (await response.json()) as RangeAnswer
  if (answer.status !== 'success')
    throw new Error(`Prometheus refuses ${expr}: ${answer.error ?? 'no reason'}`)
  return answer
}

async function fillPanel(
  prometheus: string,
  panel: PanelDefinition,
  from: number,
  to: number,
): Promise<FilledPanel> {
  const lines: Line[] = []
  const emptyQueries: string[] = []
  for (const { expr, legend } of panel.queries) {
    const { data } = await queryRange(prometheus, expr, from, to)
    const found = data.result.flatMap(({ metric, values }): Line[] => {
      const points = values
        .map(([at, value]) => [at, Number(value)] as const)
        .filter(([, value]) => Number.isFinite(value))
      const text = legend.replace(/\{\{(\w+)\}\}/g, (_all, label: string) => metric[label] ?? '')
      return points.length > 0 ? [{ legend: text, points }] : []
    })
    if (found.length === 0) emptyQueries.push(expr)
    lines.push(...found)
  }
  return { ...panel, lines, emptyQueries }
}

/** Asks a Prometheus every query of a dashboard; times are seconds since the epoch. */
export async function fillDashboard(
  prometheus: string,
  dashboard: DashboardDefinition,
  from: number,
  to: number,
): Promise<FilledDashboard> {
  const panels: FilledPanel[] = []
  for (const panel of dashboard.panels) panels.push(await fillPanel(prometheus, panel, from, to))
  return { ...dashboard, panels }
}
