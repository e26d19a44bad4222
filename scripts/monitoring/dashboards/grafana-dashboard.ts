import {
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { DashboardDefinition, PanelDefinition } from './dashboard-definition.ts'

/** Which Prometheus is asked is chosen in Grafana. */
const datasource = { type: 'prometheus', uid: '${datasource}' }

function panelOf({ title, description, unit, queries, threshold }: PanelDefinition): PanelBuilder {
  const panel = new PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .datasource(datasource)
    .span(8)
    .height(8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
  if (threshold !== undefined) {
    panel.thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
        { value: null, color: 'green' },
        { value: threshold, color: 'red' },
      ]),
    )
  }
  queries.forEach(({ expr, legend }, index) => {
    panel.withTarget(
      new DataqueryBuilder()
        .expr(expr)
        .legendFormat(legend)
        .refId(String.fromCharCode(65 + index))
        .range(),
    )
  })
  return panel
}

/** The dashboard as Grafana imports it. */
export function grafanaDashboard({ uid, title, description, panels }: DashboardDefinition): object {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the classic schema is the one that every Grafana since 9 can be provisioned with from files
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['alfred'])
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
  for (const panel of panels) builder.withPanel(panelOf(panel))
  return builder.build()
}
