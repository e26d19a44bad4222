import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../metrics.ts'
import { createUsageMetrics } from './usage-metrics.ts'

const create = (tenants: number) => {
  const metrics = createMetrics({ runtime: false })
  onTestFinished(() => metrics.close())
  const lines = async () =>
    (await metrics.expose()).body.split('\n').filter((line) => line.startsWith('alfred_tenant_'))
  return { usage: createUsageMetrics(metrics, { tenants }), lines }
}

it('counts requests and tokens by tenant', async () => {
  const { usage, lines } = create(10)
  usage.record('acme', { inputTokens: 10, outputTokens: 20 })
  usage.record('acme')
  usage.record('globex', { requests: 0, inputTokens: 1 })
  usage.record('', { requests: 3, inputTokens: -1, outputTokens: NaN })
  usage.record('x'.repeat(200), { requests: 1 })
  expect(await lines()).toEqual([
    'alfred_tenant_requests_total{tenant="acme"} 2',
    'alfred_tenant_requests_total{tenant="globex"} 0',
    'alfred_tenant_requests_total{tenant="other"} 4',
    'alfred_tenant_tokens_total{tenant="acme",direction="input"} 10',
    'alfred_tenant_tokens_total{tenant="acme",direction="output"} 20',
    'alfred_tenant_tokens_total{tenant="globex",direction="input"} 1',
    'alfred_tenant_tokens_total{tenant="globex",direction="output"} 0',
    'alfred_tenant_tokens_total{tenant="other",direction="input"} 0',
    'alfred_tenant_tokens_total{tenant="other",direction="output"} 0',
  ])
  expect(usage.top()[0]).toEqual({ tenant: 'acme', requests: 2, inputTokens: 10, outputTokens: 20 })
})

it('counts the tenants that are not kept apart as other, and keeps the sum', async () => {
  const { usage, lines } = create(3)
  for (let i = 0; i < 3000; i++) usage.record(i % 2 === 0 ? 'acme' : `tenant-${String(i)}`)
  const requests = (await lines()).filter((line) => line.startsWith('alfred_tenant_requests_total'))
  expect(requests).toHaveLength(4)
  expect(requests).toContain('alfred_tenant_requests_total{tenant="acme"} 1500')
  expect(requests.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(3000)
})
