import { createMetrics } from '@alfred/metrics'
import { Counter, Registry } from 'prom-client'
import type { Operation } from '../measure/sampler.ts'

const labels = { provider: 'openai', outcome: 'completed' } as const

/** One more on a counter with two labels: on a bound handle of ours, and as prom-client's documentation has it. */
export function createCounterContest(): Readonly<Record<'ours' | 'peer', Operation>> {
  const ours = createMetrics({ runtime: false })
    .counter({
      name: 'calls_total',
      help: 'Calls.',
      labels: { provider: ['openai'], outcome: ['completed', 'failed'] },
    })
    .with(labels)
  const peer = new Counter({
    name: 'calls_total',
    help: 'Calls.',
    labelNames: Object.keys(labels),
    registers: [new Registry()],
  })
  return {
    ours: () => {
      ours.inc()
    },
    peer: () => {
      peer.inc(labels)
    },
  }
}
