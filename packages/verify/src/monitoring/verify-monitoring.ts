import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  freePort,
  launchChromium,
  startAlertmanager,
  startFakeOpenAi,
  startPostgres,
  startPrometheus,
  startReceiver,
  startRedis,
  waitFor,
} from '@alfred/testkit'
import { alertmanagerConfig } from '../../../../scripts/monitoring/alertmanager-config.ts'
import { previewPage } from '../../../../scripts/monitoring/dashboards/dashboard-preview.ts'
import { dashboards } from '../../../../scripts/monitoring/dashboards/dashboards.ts'
import { fillDashboard } from '../../../../scripts/monitoring/dashboards/query-panels.ts'
import { monitoringFolder } from '../../../../scripts/monitoring/generated-files.ts'
import { measureSinkDelay } from './measure-sink-delay.ts'
import { prometheusConfig } from '../../../../scripts/monitoring/prometheus-config.ts'
import { alertRules } from '../../../../scripts/monitoring/rule-files.ts'

export interface MonitoringFigures extends Readonly<Record<string, unknown>> {
  readonly alerts: number
  /** Alerts that have both of their promtool tests. */
  readonly alertsTested: number
  readonly panels: number
  /** Panels of which a query was answered with nothing. */
  readonly panelsEmpty: number
  /** From the fault to the webhook of Alertmanager. */
  readonly webhookSeconds: number
  /** What sinks that never answer add to the 99th percentile of failing requests, in ms: see {@link measureSinkDelay}. */
  readonly sinkDelayP99Ms: number
}

const run = promisify(execFile)
const previewFolder = '.cache/monitoring'
/** Long enough for three scrapes of the configuration as it is shipped, every 15 s. */
const calmMs = 50_000
const maxSeconds = 90

/** How many alerts have a test that fires and one that stays silent, all of which promtool finds true. */
async function countTestedAlerts(): Promise<number> {
  const files = ['tests/alerts.test.yml', 'tests/burn-rates.test.yml']
  await run('promtool', ['test', 'rules', ...files], { cwd: monitoringFolder })
  const tests = (await Promise.all(files.map((file) => readFile(join(monitoringFolder, file), 'utf8')))).join(
    '',
  )
  return alertRules.filter(
    ({ name }) => tests.includes(`name: ${name} fires\n`) && tests.includes(`name: ${name} stays silent\n`),
  ).length
}

/** Uses Alfred as a crowd would, with a few who should be refused, until `signal` aborts. */
async function makeLoad(url: string, signal: AbortSignal): Promise<void> {
  const json = { 'Content-Type': 'application/json' }
  const from = (n: number) => ({ 'X-Forwarded-For': `203.0.113.${String(n % 250)}` })
  const post = (path: string, n: number, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...json, ...from(n), ...headers },
      body: JSON.stringify(body),
      signal,
    })
  for (let n = 0; !signal.aborted; n++) {
    const requests = [
      fetch(`${url}/api/alfred/templates`, { headers: from(n), signal }),
      fetch(`${url}/api/alfred/providers`, { headers: from(n), signal }),
      post('/api/alfred/chat', n, { message: 'What does Map<string, number> mean?' }),
    ]
    if (n % 5 === 0) requests.push(post('/api/alfred/chat', 251, { message: 'One too many of these' }))
    if (n % 7 === 0) requests.push(post('/api/alfred/chat', n, { mesage: 'wrong' }))
    if (n % 9 === 0) {
      requests.push(
        post('/api/alfred/templates', n, { name: `t${String(n)}`, content: 'Hello', placeholders: [] }),
      )
      requests.push(post('/api/alfred/chat', n, { message: 'x' }, { 'Sec-Fetch-Site': 'cross-site' }))
      requests.push(
        post(
          '/csp-reports',
          n,
          {
            'csp-report': {
              'document-uri': url,
              'blocked-uri': 'inline',
              'effective-directive': 'script-src',
            },
          },
          { 'Content-Type': 'application/csp-report' },
        ),
      )
    }
    for (const answer of await Promise.allSettled(requests)) {
      if (answer.status === 'fulfilled') await answer.value.arrayBuffer().catch(() => undefined)
    }
    await wait(100)
  }
}

/**
 * Starts Prometheus and Alertmanager with the configuration as it is shipped (addresses and receivers replaced) and
 * Alfred with PostgreSQL, Redis and a fake provider under load; kills PostgreSQL; waits for Alertmanager's webhook;
 * asks every query of every dashboard, and draws the answers.
 */
export async function verifyMonitoring(): Promise<MonitoringFigures> {
  const alertsTested = await countTestedAlerts()
  const folder = await mkdtemp(join(tmpdir(), 'alfred-monitoring-'))
  await using hook = await startReceiver()
  await using sentry = await startReceiver()
  await using openai = await startFakeOpenAi()
  await using redis = await startRedis()
  await using postgres = await startPostgres()
  const port = await freePort()
  const url = `http://127.0.0.1:${String(port)}`

  await writeFile(join(folder, 'alertmanager.yml'), alertmanagerConfig({ webhook: hook.url }))
  await using alertmanager = await startAlertmanager({ configFile: join(folder, 'alertmanager.yml') })
  const config = prometheusConfig({
    ruleFiles: [resolve(monitoringFolder, 'rules/*.yml')],
    alfred: `127.0.0.1:${String(port)}`,
    tokenFile: undefined,
    alertmanager: new URL(alertmanager.url).host,
  })
  await writeFile(join(folder, 'prometheus.yml'), config)

  console.error('starting Alfred, Prometheus and Alertmanager')
  const alfred = spawn(
    process.execPath,
    ['--conditions=@alfred/source', resolve('examples/alfred-server/src/main.ts')],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        LOG_LEVEL: 'silent',
        ALFRED_DATA_DIR: join(folder, 'data'),
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        OPENAI_API_KEY: 'sk-test-key',
        OPENAI_BASE_URL: openai.baseUrl,
        TRUST_PROXY: '1',
        SENTRY_DSN: `${sentry.url.replace('http://', 'http://0123456789abcdef@')}/1`,
        ALERTMANAGER_URL: alertmanager.url,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const stopLoad = new AbortController()
  try {
    await waitFor(async () => (await fetch(`${url}/readyz`)).ok, { timeoutMs: 60_000, what: 'Alfred' })
    await using prometheus = await startPrometheus({ configFile: join(folder, 'prometheus.yml') })
    const from = Date.now() / 1000
    const load = makeLoad(url, stopLoad.signal).catch(() => undefined)
    console.error(`load for ${String(calmMs / 1000)} s`)
    await wait(calmMs)
    if (hook.requests.length > 0)
      throw new Error(`an alert before the fault: ${hook.requests[0]?.body ?? ''}`)

    console.error('killing PostgreSQL')
    const faultAt = Date.now()
    await postgres.kill()
    openai.failNext({ status: 500 }, 20)
    const arrived = (): number | undefined =>
      hook.requests.find(({ path, body }) => path === '/pager' && body.includes('AlfredErrorBudgetBurnFast'))
        ?.at
    const hookAt = await waitFor(arrived, {
      timeoutMs: 2 * maxSeconds * 1000,
      what: "Alertmanager's webhook",
    })
    const webhookSeconds = Math.round((hookAt - faultAt) / 100) / 10
    console.error(`the webhook came after ${String(webhookSeconds)} s`)
    // A scrape and an evaluation more, so that the panels show it.
    await wait(35_000)
    const to = Date.now() / 1000
    stopLoad.abort()
    await load

    await mkdir(previewFolder, { recursive: true })
    const browser = await launchChromium()
    let panels = 0
    let panelsEmpty = 0
    try {
      const page = await browser.newPage({ viewport: { width: 1392, height: 300 } })
      for (const dashboard of dashboards) {
        const filled = await fillDashboard(prometheus.url, dashboard, from, to)
        panels += filled.panels.length
        for (const { title, emptyQueries } of filled.panels) {
          if (emptyQueries.length === 0) continue
          panelsEmpty += 1
          console.error(`${dashboard.title}, ${title}: no answer to ${emptyQueries.join(' and ')}`)
        }
        await page.setContent(previewPage(filled, from, to))
        await page.screenshot({ path: join(previewFolder, `${dashboard.uid}.png`), fullPage: true })
      }
    } finally {
      await browser.close()
    }
    console.error(`previews are in ${previewFolder}; measuring the sinks' delay`)
    const sinkDelayP99Ms = await measureSinkDelay((line) => {
      console.error(line)
    })
    if (panelsEmpty > 0 || webhookSeconds > maxSeconds || sinkDelayP99Ms > 1) process.exitCode = 1
    return {
      alerts: alertRules.length,
      alertsTested,
      panels,
      panelsEmpty,
      webhookSeconds,
      sinkDelayP99Ms,
    }
  } finally {
    stopLoad.abort()
    alfred.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
