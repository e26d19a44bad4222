import { format, resolveConfig } from 'prettier'
import { alertmanagerConfig } from './alertmanager-config.ts'
import { dashboards } from './dashboards/dashboards.ts'
import { grafanaDashboard } from './dashboards/grafana-dashboard.ts'
import { containerSetup, prometheusConfig } from './prometheus-config.ts'
import { alertRulesFile, recordingRulesFile } from './rule-files.ts'
import { ruleTestsFile } from './rule-tests.ts'

/** Where the files belong, from the root of the repository. */
export const monitoringFolder = 'examples/alfred-server/deployment/monitoring'

const notice = '# Written by `pnpm generate:monitoring` from scripts/monitoring. Change it there.\n'

/** Every generated file by its path below {@link monitoringFolder}. */
export async function generatedFiles(runbook: string): Promise<ReadonlyMap<string, string>> {
  const options = await resolveConfig(`${monitoringFolder}/x.yml`)
  const yaml = (text: string): Promise<string> => format(notice + text, { ...options, parser: 'yaml' })
  const json = (value: unknown): Promise<string> =>
    format(JSON.stringify(value), { ...options, parser: 'json' })
  const dashboardFiles = dashboards.map(
    async (dashboard) =>
      [`dashboards/${dashboard.uid}.json`, await json(grafanaDashboard(dashboard))] as const,
  )
  return new Map([
    ...(await Promise.all(dashboardFiles)),
    ['prometheus.yml', await yaml(prometheusConfig(containerSetup))],
    ['alertmanager.yml', await yaml(alertmanagerConfig('secret-files'))],
    ['rules/recording.yml', await yaml(recordingRulesFile())],
    ['rules/alerts.yml', await yaml(alertRulesFile(runbook))],
    ['tests/alerts.test.yml', await yaml(ruleTestsFile(runbook, '1m'))],
    ['tests/burn-rates.test.yml', await yaml(ruleTestsFile(runbook, '15m'))],
  ])
}
