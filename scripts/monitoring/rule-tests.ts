import { stringify } from 'yaml'
import type { AlertRule, TestSeries, TestStep } from './alert-rule.ts'
import { alertGroups, alertRules, annotationsOf, recordingGroup } from './rule-files.ts'

const inputOf = (series: TestSeries) =>
  Object.entries(series).map(([name, values]) => ({ series: name, values }))

/** Fills in what a template of Prometheus' would. */
const fill = (text: string, labels: Readonly<Record<string, string>>): string =>
  text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_all, label: string) => labels[label] ?? '')

function testsOf(rule: AlertRule, runbook: string) {
  const { step: interval = '1m', fires, silent } = rule.tests
  const annotations = Object.entries(annotationsOf(rule, runbook)).map(
    ([name, text]) => [name, fill(text, fires.labels)] as const,
  )
  const expected = {
    exp_labels: { severity: rule.severity, ...fires.labels },
    exp_annotations: Object.fromEntries(annotations),
  }
  return [
    {
      name: `${rule.name} fires`,
      interval,
      input_series: inputOf(fires.series),
      alert_rule_test: [{ eval_time: fires.at, alertname: rule.name, exp_alerts: [expected] }],
    },
    {
      name: `${rule.name} stays silent`,
      interval,
      input_series: inputOf(silent.series),
      alert_rule_test: [{ eval_time: silent.at, alertname: rule.name, exp_alerts: [] }],
    },
  ]
}

/** promtool's unit tests, of the alerts that are looked at in this step: one that fires and one that stays silent for each. */
export const ruleTestsFile = (runbook: string, step: TestStep): string =>
  stringify({
    rule_files: ['../rules/recording.yml', '../rules/alerts.yml'],
    evaluation_interval: step,
    group_eval_order: [recordingGroup, ...Object.keys(alertGroups)],
    tests: alertRules
      .filter(({ tests }) => (tests.step ?? '1m') === step)
      .flatMap((rule) => testsOf(rule, runbook)),
  })
