/** One line, or family of lines, of a panel. */
export interface PanelQuery {
  readonly expr: string
  /** In Grafana's notation: `{{label}}` stands for a label's value. */
  readonly legend: string
}

/** One panel. */
export interface PanelDefinition {
  readonly title: string
  /** What it shows, and what of it is good. */
  readonly description: string
  /** One of Grafana's units. */
  readonly unit: 'reqps' | 'ops' | 'percentunit' | 's' | 'short' | 'bytes'
  readonly queries: readonly PanelQuery[]
  /** Where it becomes bad. */
  readonly threshold?: number | undefined
}

/** One dashboard. */
export interface DashboardDefinition {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly panels: readonly PanelDefinition[]
}
