import { stringify } from 'yaml'
import type { AlertRule } from './alert-rule.ts'
import { recordingRules } from './recording-rules.ts'
import { resourceAlerts } from './resource-alerts.ts'
import { serviceAlerts } from './service-alerts.ts'
import { sloAlerts } from './slo-alerts.ts'
import { upkeepAlerts } from './upkeep-alerts.ts'

export const recordingGroup = 'alfred-recording'

export const alertGroups: Readonly<Record<string, readonly AlertRule[]>> = {
  'alfred-slo': sloAlerts,
  'alfred-service': serviceAlerts,
  'alfred-upkeep': upkeepAlerts,
  'alfred-resources': resourceAlerts,
}

export const alertRules: readonly AlertRule[] = Object.values(alertGroups).flat()

/** A path in the repository; `pnpm generate:monitoring --runbook <url>` puts another address in its place. */
export const defaultRunbook = 'docs/runbooks/alerts.md'

/** What Prometheus adds to an alert for people. */
export const annotationsOf = ({ name, summary, description }: AlertRule, runbook: string) => ({
  summary,
  description,
  runbook_url: `${runbook}#${name.toLowerCase()}`,
})

export const recordingRulesFile = (): string =>
  stringify({ groups: [{ name: recordingGroup, rules: recordingRules }] })

export const alertRulesFile = (runbook: string): string =>
  stringify({
    groups: Object.entries(alertGroups).map(([name, rules]) => ({
      name,
      rules: rules.map((rule) => ({
        alert: rule.name,
        expr: rule.expr,
        ...(rule.for !== undefined && { for: rule.for }),
        labels: { severity: rule.severity },
        annotations: annotationsOf(rule, runbook),
      })),
    })),
  })
