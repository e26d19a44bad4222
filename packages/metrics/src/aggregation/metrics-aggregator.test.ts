import { noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { EventEmitter } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { createMetricsAggregator } from './metrics-aggregator.ts'

/** A worker thread that answers each scrape with what it has counted so far. */
class CountingWorker extends EventEmitter {
  jobs = 0

  postMessage(message: { readonly id: number }): void {
    const reading = { name: 'jobs_total', help: 'Jobs.', type: 'counter', aggregator: 'sum' }
    this.emit('message', {
      alfredMetrics: 'readings',
      id: message.id,
      processId: 7,
      readings: [{ ...reading, values: [{ labels: {}, value: this.jobs }] }],
    })
  }
}

const jobsOf = (body: string): string | undefined => /^jobs_total (\d+)$/m.exec(body)?.[1]

it.each<[string, () => CountingWorker[]]>([
  [
    'throws',
    () => {
      throw new Error('the pool is restarting')
    },
  ],
  ['returns no list', () => undefined as unknown as CountingWorker[]],
  ['returns an empty list', () => []],
])('goes on with its workers after their list once %s', async (_what, failing) => {
  const worker = new CountingWorker()
  let list = (): CountingWorker[] => [worker]
  const clock = createFakeClock()
  const aggregator = createMetricsAggregator({ workers: () => list(), clock, logger: noopLogger })
  onTestFinished(() => aggregator.close())
  worker.jobs = 10
  expect(jobsOf((await aggregator.expose()).body)).toBe('10')
  const present = list
  list = failing
  expect(jobsOf((await aggregator.expose()).body)).toBe('10')
  list = present
  worker.jobs = 25
  expect(jobsOf((await aggregator.expose()).body)).toBe('25')
})
