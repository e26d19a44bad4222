import cluster, { type Worker as ClusterWorker } from 'node:cluster'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createMetrics, createMetricsAggregator, type MetricsChannel } from '@alfred/metrics'
import { freePort, startPrometheus, waitFor } from '@alfred/testkit'
import { createSeededRandom } from '../random/seeded-random.ts'
import type { CountingLife, CountReport } from './counting-worker.ts'

export interface AggregationFigures extends Readonly<Record<string, unknown>> {
  /** Lives of workers, half of them processes of a cluster and half threads. */
  readonly lives: number
  /** What the workers counted. */
  readonly truth: number
  /** What Prometheus' `increase()` makes of it. */
  readonly increase: number
  /** How far that is from the truth, in percent of it. */
  readonly errorPercent: number
  /** 500s that Prometheus counts; no worker counted any. */
  readonly phantomErrors: number
  /** How often the sum fell between two scrapes. */
  readonly resets: number
  readonly scrapes: number
}

/** How long a run is. */
export interface AggregationPlan {
  readonly lives: number
  /** How many workers there are at once. */
  readonly atOnce: number
  readonly lifeMs: readonly [min: number, max: number]
  readonly ends: readonly [CountingLife['end'], ...CountingLife['end'][]]
}

const fullPlan: AggregationPlan = {
  lives: 100,
  atOnce: 6,
  lifeMs: [2000, 8000],
  ends: ['stop', 'stop', 'exit', 'hang'],
}

const script = fileURLToPath(new URL('counting-worker.ts', import.meta.url))
const execArgv = ['--conditions=@alfred/source']
const scrapeMs = 1000

/** A worker that lives, and what it has reported so far. */
interface Life {
  readonly channel: MetricsChannel
  readonly ended: Promise<unknown>
  counted: number
}

function begin(life: CountingLife, isThread: boolean): Life {
  if (!isThread) cluster.setupPrimary({ exec: script, args: [JSON.stringify(life)], execArgv })
  const worker = isThread ? new Worker(script, { workerData: life, execArgv }) : cluster.fork()
  const begun: Life = { channel: worker, ended: endOf(worker), counted: 0 }
  worker.on('message', (message: Partial<CountReport>) => {
    begun.counted += message.counted ?? 0
  })
  return begun
}

/** What a process has sent may arrive after its exit, until its channel is closed. */
const endOf = (worker: Worker | ClusterWorker): Promise<unknown> =>
  Promise.all([once(worker, 'exit'), worker instanceof Worker || once(worker, 'disconnect')])

interface Samples {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [seconds: number, value: string])[]
}

async function query(prometheus: string, expression: string, time?: number): Promise<unknown[]> {
  const parameters = new URLSearchParams({
    query: expression,
    ...(time !== undefined && { time: String(time) }),
  })
  const response = await fetch(`${prometheus}/api/v1/query?${parameters.toString()}`)
  const { data } = (await response.json()) as { data: { result: unknown[] } }
  return data.result
}

/** `increase()` from the first sample to the last one, so that nothing is extrapolated. */
async function increaseOf(prometheus: string, status: string) {
  const series = `requests_total{status="${status}"}`
  const [samples] = (await query(prometheus, `${series}[1h]`)) as Samples[]
  const values = samples?.values ?? []
  const [first, last] = [values[0]?.[0] ?? 0, values.at(-1)?.[0] ?? 0]
  const rangeMs = Math.round((last - first) * 1000) + 1
  const [increase] = (await query(prometheus, `increase(${series}[${String(rangeMs)}ms])`, last)) as {
    value: [number, string]
  }[]
  const numbers = values.map(([, value]) => Number(value))
  return {
    increase: Number(increase?.value[1]),
    resets: numbers.filter((value, index) => value < (numbers[index - 1] ?? 0)).length,
    scrapes: numbers.length,
  }
}

/** Lets workers and threads come, hang and go under a real Prometheus, and compares what it counts with the truth. */
export async function verifyAggregation(plan: AggregationPlan = fullPlan): Promise<AggregationFigures> {
  const random = createSeededRandom(1)
  const folder = await mkdtemp(join(tmpdir(), 'alfred-aggregation-'))
  const port = await freePort()
  await using local = createMetrics({ runtime: false })
  // Both series are there from the start, so that no increase is hidden in a first sample.
  const requests = local.counter({
    name: 'requests_total',
    help: 'Requests.',
    labels: { status: ['200', '500'] },
  })
  for (const status of ['200', '500'] as const) requests.with({ status })
  const living = new Set<Life>()
  await using aggregator = createMetricsAggregator({
    workers: () => Array.from(living, ({ channel }) => channel),
    local,
    timeoutMs: 500,
  })
  const server = createServer((request, response) => {
    aggregator.endpoint(request, response, () => response.writeHead(404).end())
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const configFile = join(folder, 'prometheus.yml')
  const config = {
    global: { scrape_interval: `${String(scrapeMs)}ms`, scrape_timeout: `${String(scrapeMs)}ms` },
    scrape_configs: [{ job_name: 'cluster', static_configs: [{ targets: [`127.0.0.1:${String(port)}`] }] }],
  }
  await writeFile(configFile, JSON.stringify(config))
  await using prometheus = await startPrometheus({ configFile })
  // Its first sample is 0; what is counted before that is no increase to it.
  await waitFor(async () => (await query(prometheus.url, 'requests_total')).length > 0, {
    timeoutMs: 20_000,
    what: 'a scrape',
  })

  let truth = 0
  let begun = 0
  const live = async (): Promise<void> => {
    while (begun < plan.lives) {
      begun += 1
      const isThread = begun % 2 === 0
      const life = begin(
        { lifeMs: random.between(...plan.lifeMs), end: random.pick(plan.ends), seed: random.below(100) },
        isThread,
      )
      living.add(life)
      await life.ended
      living.delete(life)
      truth += life.counted
      if (begun % 10 === 0) console.error(`${String(begun)} lives, ${String(truth)} requests`)
    }
  }
  await Promise.all(Array.from({ length: plan.atOnce }, live))
  await sleep(3 * scrapeMs)

  const counted = await increaseOf(prometheus.url, '200')
  const failed = await increaseOf(prometheus.url, '500')
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
  return {
    lives: begun,
    truth,
    increase: counted.increase,
    errorPercent: Number(((100 * Math.abs(counted.increase - truth)) / truth).toFixed(3)),
    phantomErrors: failed.increase,
    resets: counted.resets,
    scrapes: counted.scrapes,
  }
}
