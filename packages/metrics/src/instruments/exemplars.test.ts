import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requestContext } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import * as promClient from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../metrics.ts'

const traceId = 'a'.repeat(32)
const spanId = 'b'.repeat(16)
const definition = { name: 'wait_seconds', help: 'Waits.', buckets: [1, 2] } as const

it('writes the last trace of a bucket, in OpenMetrics alone', async () => {
  const clock = createFakeClock(1_700_000_000_500)
  const metrics = createMetrics({ runtime: false, clock })
  onTestFinished(() => metrics.close())
  const waits = metrics.histogram(definition)
  waits.observe(1.25, { traceId: 'c'.repeat(32) })
  waits.observe(1.5, { traceId, spanId })
  waits.observe(9, { traceId: 'a text' })
  const { body } = await metrics.expose('application/openmetrics-text')
  expect(body.split('\n').filter((line) => line.startsWith('wait_seconds_bucket'))).toEqual([
    'wait_seconds_bucket{le="1.0"} 0',
    `wait_seconds_bucket{le="2.0"} 2 # {trace_id="${traceId}",span_id="${spanId}"} 1.5 1700000000.500`,
    'wait_seconds_bucket{le="+Inf"} 3',
  ])
  expect((await metrics.expose()).body).not.toContain('trace_id')
})

it('gives them to a registry of prom-client', async () => {
  const registry = new promClient.Registry<promClient.OpenMetricsContentType>()
  registry.setContentType(promClient.Registry.OPENMETRICS_CONTENT_TYPE)
  const metrics = createMetrics({ runtime: false, registry })
  onTestFinished(() => metrics.close())
  metrics.histogram(definition).observe(1.5, { traceId })
  expect(await registry.metrics()).toMatch(
    new RegExp(`wait_seconds_bucket\\{le="2"\\} 1 # \\{trace_id="${traceId}"\\} 1\\.5 \\d+`),
  )
})

it.each([
  [true, 1],
  [false, 0],
])('names the trace of a request whose trace is sampled: %s', async (traceSampled, exemplars) => {
  const metrics = createMetrics({ runtime: false })
  const server = createServer((request, response) => {
    Object.assign(requestContext(request), { traceId, spanId, traceSampled })
    metrics.middleware(request, response, () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await metrics.close()
  })
  await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  const body = async () => (await metrics.expose('application/openmetrics-text')).body
  await expect.poll(body, { timeout: 10_000 }).toContain('http_server_active_requests 0')
  expect((await body()).split(`# {trace_id="${traceId}",span_id="${spanId}"}`)).toHaveLength(1 + exemplars)
})
