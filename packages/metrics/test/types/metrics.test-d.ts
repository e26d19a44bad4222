import * as successor from '@prometheus-io/client'
import * as promClient from 'prom-client'
import { type Counter, createMetrics, type Histogram } from '../../src/index.ts'

const metrics = createMetrics({ registry: new promClient.Registry() })
createMetrics({ registry: new successor.Registry() })

metrics.counter({ name: 'plain_total', help: 'x' }) satisfies Counter
// @ts-expect-error -- a counter's name ends in _total
metrics.counter({ name: 'plain', help: 'x' })
// @ts-expect-error -- a histogram has buckets
metrics.histogram({ name: 'wait_seconds', help: 'x' })

const calls = metrics.counter({
  name: 'calls_total',
  help: 'x',
  labels: { provider: ['openai', 'anthropic'], model: { max: 50 } },
})
calls.with({ provider: 'openai', model: 'anything' }) satisfies Counter
calls.with({ provider: 'other', model: 'anything' })
// @ts-expect-error -- not in the list
calls.with({ provider: 'opennai', model: 'anything' })
// @ts-expect-error -- every label has a value
calls.with({ provider: 'openai' })
// @ts-expect-error -- no such label
calls.with({ provider: 'openai', model: 'x', region: 'eu' })
// @ts-expect-error -- a family counts on its handles
calls.inc satisfies unknown

const waits = metrics.histogram({ name: 'wait_seconds', help: 'x', labels: { kind: ['a'] }, buckets: [1] })
waits.with({ kind: 'a' }) satisfies Histogram
