import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics, createMetricsAggregator, type MetricsChannel } from '../../src/index.ts'

const script = fileURLToPath(new URL('counting-worker.ts', import.meta.url))
const execArgv = ['--conditions=@alfred/source']

interface StartedWorker {
  readonly channel: MetricsChannel
  readonly id: number
  readonly hang: () => void
}

async function startProcess(): Promise<StartedWorker> {
  cluster.setupPrimary({ exec: script, execArgv })
  const worker = cluster.fork()
  onTestFinished(async () => {
    worker.process.kill('SIGKILL')
    if (!worker.isDead()) await once(worker, 'exit')
  })
  await once(worker, 'message')
  return { channel: worker, id: worker.process.pid ?? 0, hang: () => worker.send('hang') }
}

async function startThread(): Promise<StartedWorker> {
  const worker = new Worker(script, { execArgv })
  onTestFinished(async () => {
    await worker.terminate()
  })
  await once(worker, 'message')
  const hang = (): void => {
    worker.postMessage('hang')
  }
  return { channel: worker, id: worker.threadId, hang }
}

it.each([
  ['processes of node:cluster', startProcess],
  ['worker threads', startThread],
])('adds up %s, goes on without one that hangs, and says so', async (_what, start) => {
  const workers = await Promise.all([start(), start(), start()])
  const local = createMetrics({ runtime: false })
  onTestFinished(() => local.close())
  local.gauge({ name: 'workers', help: 'Workers.' }).set(1)
  const ended = new Set<MetricsChannel>()
  const aggregator = createMetricsAggregator({
    workers: () => workers.map(({ channel }) => channel).filter((channel) => !ended.has(channel)),
    local,
    timeoutMs: 5000,
  })
  onTestFinished(() => aggregator.close())
  const { expose } = aggregator
  const { body } = await expose()
  for (const line of [
    'jobs_total{kind="mail"} 30',
    'job_seconds_bucket{le="1"} 0',
    'job_seconds_bucket{le="2"} 30',
    'job_seconds_sum 45',
    'workers 4',
    `highest_id ${String(Math.max(...workers.map(({ id }) => id)))}`,
    'alfred_metrics_workers{state="answered"} 3',
    'alfred_metrics_workers{state="missing"} 0',
  ]) {
    expect(body).toContain(`\n${line}\n`)
  }

  workers[0].hang()
  // It counts as it last did: a lower sum would be a restart to Prometheus.
  const openMetrics = (await expose('application/openmetrics-text')).body
  expect(openMetrics).toContain('\njobs_total{kind="mail"} 30\n')
  expect(openMetrics).toContain('\nalfred_metrics_workers{state="missing"} 1\n')
  expect(openMetrics.endsWith('\n# EOF\n')).toBe(true)

  for (const { channel } of workers) ended.add(channel)
  const afterwards = (await expose()).body
  expect(afterwards).toContain('\njobs_total{kind="mail"} 30\n')
  expect(afterwards).toContain('\nworkers 1\n')
})
