import { execFile } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { dashboards } from '../../../../scripts/monitoring/dashboards/dashboards.ts'
import { generatedFiles, monitoringFolder } from '../../../../scripts/monitoring/generated-files.ts'
import { knownSeries, promqlProblems } from '../../../../scripts/monitoring/promql-lint.ts'
import { recordingRules } from '../../../../scripts/monitoring/recording-rules.ts'
import { alertRules, defaultRunbook } from '../../../../scripts/monitoring/rule-files.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = join(root, monitoringFolder)
const run = promisify(execFile)
const tool = async (name: string, ...args: string[]): Promise<string> =>
  (await run(name, args, { cwd: folder })).stdout

it('is what the generator writes', async () => {
  const drifted: string[] = []
  for (const [path, content] of await generatedFiles(defaultRunbook)) {
    const written = await readFile(join(folder, path), 'utf8').catch(() => '')
    if (written !== content) drifted.push(path)
  }
  expect(drifted, 'run: pnpm generate:monitoring').toEqual([])
})

it('names only series and labels that exist', () => {
  const known = knownSeries()
  const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))
  const problems = [...recordingRules, ...alertRules, ...queries].flatMap(({ expr }) =>
    promqlProblems(expr, known),
  )
  expect(problems).toEqual([])
  expect(promqlProblems('rate(no_such_total{nowhere="x"}[5m])', known)).toEqual([
    'nobody exports no_such_total',
    'none of its series has a label nowhere',
  ])
  expect(promqlProblems('rate(up[5m]', known)).toHaveLength(1)
})

it("is valid in promtool's and amtool's eyes", async () => {
  const [rules, prometheus, alertmanager] = await Promise.all([
    tool('promtool', 'check', 'rules', 'rules/alerts.yml', 'rules/recording.yml'),
    tool('promtool', 'check', 'config', '--syntax-only', 'prometheus.yml'),
    tool('amtool', 'check-config', 'alertmanager.yml'),
  ])
  expect(rules).toContain(`SUCCESS: ${String(alertRules.length)} rules found`)
  expect(prometheus).toContain('SUCCESS')
  expect(alertmanager).toContain('SUCCESS')
})

it(
  'fires when it should, and is silent otherwise: two tests for every alert',
  { timeout: 180_000 },
  async () => {
    const files = ['tests/alerts.test.yml', 'tests/burn-rates.test.yml']
    const tests = (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('')
    for (const { name } of alertRules) {
      expect(tests).toContain(`name: ${name} fires\n`)
      expect(tests).toContain(`name: ${name} stays silent\n`)
    }
    // promtool ends with 1, which throws, when a test fails.
    expect((await tool('promtool', 'test', 'rules', ...files)).match(/SUCCESS/g)).toHaveLength(2)
  },
)

it('has dashboards whose panels all say what they show', async () => {
  for (const { uid, panels } of dashboards) {
    const written = JSON.parse(await readFile(join(folder, `dashboards/${uid}.json`), 'utf8')) as {
      panels: {
        title: string
        description: string
        fieldConfig: { defaults: { unit: string } }
        targets: object[]
      }[]
    }
    expect(written.panels.map(({ title }) => title)).toEqual(panels.map(({ title }) => title))
    for (const [index, { description, fieldConfig, targets }] of written.panels.entries()) {
      expect(description.length).toBeGreaterThan(5)
      expect(fieldConfig.defaults.unit).toBe(panels[index]?.unit)
      expect(targets).toMatchObject(
        (panels[index]?.queries ?? []).map(({ expr, legend }) => ({ expr, legendFormat: legend })),
      )
    }
  }
})

it.each([
  ['AlfredTargetDown', 'critical', 'pager'],
  ['AlfredErrorBudgetBurnFast', 'critical', 'pager'],
  ['AlfredErrorBudgetBurnSlow', 'warning', 'chat'],
  ['AlfredMemoryHigh', 'warning', 'chat'],
  ['SomethingElse', 'info', 'chat'],
])('routes %s, %s, to %s', async (alertname, severity, receiver) => {
  const labels = [`alertname=${alertname}`, `severity=${severity}`, 'job=alfred']
  const routed = await tool('amtool', 'config', 'routes', 'test', '--config.file=alertmanager.yml', ...labels)
  expect(routed.trim()).toBe(receiver)
})

describe('the runbook', () => {
  /** The alerts that the server raises by itself, as its table has them. */
  const ownAlerts = async (): Promise<readonly string[]> => {
    const table = await readFile(join(root, 'packages/alerting/src/alerts/event-alerts.ts'), 'utf8')
    return [...table.matchAll(/name: '(\w+)'/g)].flatMap(([, name]) => name ?? [])
  }

  /** The alerts that only the machine of production has, such as those on its backups. */
  const productionAlerts = async (): Promise<readonly string[]> => {
    const names: string[] = []
    for await (const file of glob('production/*.yml', { cwd: folder })) {
      const rules = await readFile(join(folder, file), 'utf8')
      names.push(...[...rules.matchAll(/- alert: (\w+)/g)].flatMap(([, name]) => name ?? []))
    }
    return names
  }

  it('has a section of three parts for every alert, and none for another', async () => {
    const runbook = await readFile(join(root, defaultRunbook), 'utf8')
    const sections = new Map(
      runbook
        .split(/^## /m)
        .slice(1)
        .map((section) => [section.split('\n', 1)[0] ?? '', section]),
    )
    const own = await ownAlerts()
    const production = await productionAlerts()
    expect(own.length).toBeGreaterThan(5)
    expect(production).toContain('AlfredBackupFailed')
    const names = [...alertRules.map(({ name }) => name), ...own, ...production]
    expect([...sections.keys()].sort()).toEqual([...new Set(names)].sort())
    const incomplete = [...sections].filter(
      ([, section]) => !/\*\*Means:\*\*[^]*\*\*Look first:\*\*[^]*\*\*Fix:\*\*/.test(section),
    )
    expect(incomplete).toEqual([])
  })

  it('is where the annotations point', async () => {
    const rules = await readFile(join(folder, 'rules/alerts.yml'), 'utf8')
    const anchors = [...rules.matchAll(/runbook_url: docs\/runbooks\/alerts\.md#(\S+)/g)].map(
      ([, anchor]) => anchor,
    )
    expect(anchors).toEqual(alertRules.map(({ name }) => name.toLowerCase()))
  })
})
