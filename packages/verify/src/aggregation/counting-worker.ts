/**
 * A worker, of `node:cluster` or a thread, that counts requests for `lifeMs` and then ends as it is told:
 * `node counting-worker.ts <CountingLife as JSON>`. What it has counted it also reports by messages of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createMetrics, shareMetrics } from '@alfred/metrics'

export interface CountingLife {
  readonly lifeMs: number
  /** `hang` blocks the event loop for a while in the middle of it. */
  readonly end: 'stop' | 'exit' | 'hang'
  readonly seed: number
}

/** What it reports after each count. */
export interface CountReport {
  readonly counted: number
}

/** How long a worker that hangs answers nothing: longer than the aggregator waits. */
const hangMs = 1500
const tickMs = 20

const { lifeMs, end, seed } = (workerData ?? JSON.parse(process.argv[2] ?? '')) as CountingLife
const channel = parentPort ?? process

const report = (counted: number): void => {
  const message: CountReport = { counted }
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

const metrics = createMetrics()
const requests = metrics.counter({
  name: 'requests_total',
  help: 'Requests.',
  labels: { status: ['200', '500'] },
})
// It fails none, so every 500 that Prometheus sees is made by the way of adding up.
requests.with({ status: '500' })
const answered = requests.with({ status: '200' })
const stop = shareMetrics(metrics, channel, { pushIntervalMs: 100 })

const endsAt = performance.now() + lifeMs
let hangsAt = end === 'hang' ? performance.now() + lifeMs / 2 : Infinity
for (let tick = seed; performance.now() < endsAt; tick++) {
  const counted = tick % 7
  answered.inc(counted)
  report(counted)
  if (performance.now() > hangsAt) {
    hangsAt = Infinity
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs)
  }
  await sleep(tickMs)
}
if (end !== 'exit') await stop()
process.exit(0)
