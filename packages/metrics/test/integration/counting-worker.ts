/** A worker, of `node:cluster` or a thread, that counts 10 jobs and answers scrapes; told to, it hangs. */
import { parentPort, threadId } from 'node:worker_threads'
import { createMetrics, shareMetrics } from '../../src/index.ts'

const channel = parentPort ?? process
const id = parentPort ? threadId : process.pid

const metrics = createMetrics({ runtime: false })
const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs.', labels: { kind: ['mail'] } })
const seconds = metrics.histogram({ name: 'job_seconds', help: 'Durations.', buckets: [1, 2] })
for (let i = 0; i < 10; i++) {
  jobs.with({ kind: 'mail' }).inc()
  seconds.observe(1.5)
}
metrics.gauge({ name: 'workers', help: 'Workers.' }).set(1)
metrics.gauge({ name: 'highest_id', help: 'Ids.', aggregation: 'max' }).set(id)
shareMetrics(metrics, channel)

channel.on('message', (message: unknown) => {
  if (message === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
const tell = (message: unknown): void => {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}
tell('ready')
