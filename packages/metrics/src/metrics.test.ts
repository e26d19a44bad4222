import { AlfredConfigError, AlfredError, createEventBus, noopLogger } from '@alfred/core'
import * as successor from '@prometheus-io/client'
import * as promClient from 'prom-client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createAlfredMetrics } from './usage/alfred-metrics.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { MetricsOptions } from './metrics-options.ts'

const create = (options: MetricsOptions = {}): Metrics => {
  const metrics = createMetrics({ runtime: false, ...options })
  onTestFinished(() => metrics.close())
  return metrics
}

const linesOf = (body: string, name: string): string[] =>
  body.split('\n').filter((line) => line.includes(name) && !line.includes('alfred_metrics_'))

const calls = {
  name: 'calls_total',
  help: 'Calls.',
  labels: { provider: ['openai', 'anthropic'], model: { max: 2 } },
} as const

it('counts on bound handles and writes the classic text', async () => {
  const metrics = create()
  const openai = metrics.counter(calls).with({ provider: 'openai', model: 'a' })
  openai.inc()
  openai.inc(2.5)
  metrics.gauge({ name: 'temperature_celsius', help: 'Line one\nline "two" \\ three' }).set(-Infinity)
  const sizes = metrics.histogram({ name: 'answer_bytes', help: 'Sizes.', buckets: [1, 2, 5] })
  for (const value of [0.5, 1, 1.5, 7]) sizes.observe(value)

  const { contentType, body } = await metrics.expose()
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(linesOf(body, 'calls_total')).toEqual([
    '# HELP calls_total Calls.',
    '# TYPE calls_total counter',
    'calls_total{provider="openai",model="a"} 3.5',
  ])
  expect(linesOf(body, 'temperature')).toEqual([
    '# HELP temperature_celsius Line one\\nline "two" \\\\ three',
    '# TYPE temperature_celsius gauge',
    'temperature_celsius -Inf',
  ])
  expect(linesOf(body, 'answer_bytes')).toEqual([
    '# HELP answer_bytes Sizes.',
    '# TYPE answer_bytes histogram',
    'answer_bytes_bucket{le="1"} 2',
    'answer_bytes_bucket{le="2"} 3',
    'answer_bytes_bucket{le="5"} 3',
    'answer_bytes_bucket{le="+Inf"} 4',
    'answer_bytes_sum 10',
    'answer_bytes_count 4',
  ])
})

it('writes OpenMetrics: families without _total, bounds as floats, the end marked', async () => {
  const metrics = create()
  metrics.counter({ name: 'plain_total', help: 'Say "plain".' }).inc()
  metrics.histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [0.5, 2] }).observe(1)
  const { contentType, body } = await metrics.expose('application/openmetrics-text')
  expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(linesOf(body, 'plain')).toEqual([
    '# HELP plain Say \\"plain\\".',
    '# TYPE plain counter',
    'plain_total 1',
  ])
  expect(linesOf(body, 'wait_seconds_bucket')).toEqual([
    'wait_seconds_bucket{le="0.5"} 0',
    'wait_seconds_bucket{le="2.0"} 1',
    'wait_seconds_bucket{le="+Inf"} 1',
  ])
  expect(body.endsWith('\n# EOF\n')).toBe(true)
})

it('shares a definition, and refuses another one under the same name', () => {
  const metrics = create()
  const first = metrics.counter(calls)
  expect(
    metrics.counter({ ...calls, labels: { model: { max: 2 }, provider: ['openai', 'anthropic'] } }),
  ).toBe(first)
  const clashes = [
    () => metrics.counter({ ...calls, help: 'Other.' }),
    () => metrics.counter({ ...calls, labels: { provider: ['openai'] } }),
    () => metrics.gauge({ name: 'calls', help: 'Shares the OpenMetrics family of calls_total.' }),
    () => metrics.histogram({ name: 'http_server_request_duration_seconds', help: 'x', buckets: [1] }),
  ]
  for (const clash of clashes) {
    expect(clash).toThrow(expect.objectContaining({ code: 'ALFRED_METRICS_DEFINITION_CLASH' }) as AlfredError)
  }
})

it.each<[string, (metrics: Metrics) => unknown, string[]]>([
  [
    'a counter without _total',
    (m) => m.counter({ name: 'calls' as 'x_total', help: 'x' }),
    ['metrics.counter(calls).name'],
  ],
  [
    'a gauge with _total',
    (m) => m.gauge({ name: 'calls_total', help: 'x' }),
    ['metrics.gauge(calls_total).name'],
  ],
  ['no help', (m) => m.gauge({ name: 'g', help: '' }), ['metrics.gauge(g).help']],
  [
    'falling buckets',
    (m) => m.histogram({ name: 'h', help: 'x', buckets: [2, 1] }),
    ['metrics.histogram(h).buckets'],
  ],
  [
    'bad labels',
    (m) =>
      m.gauge({
        name: 'g',
        help: 'x',
        labels: { le: ['a'], __x: ['a'], ok: { max: 0 }, many: { max: 1, known: ['a', 'b'] } },
      }),
    [
      'metrics.gauge(g).labels.ok.max',
      'metrics.gauge(g).labels.many.known',
      'metrics.gauge(g).labels.le',
      'metrics.gauge(g).labels.__x',
    ],
  ],
])('refuses %s', (_what, define, paths) => {
  const metrics = create()
  try {
    define(metrics)
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) throw error
    expect(error.problems.map(({ path }) => path)).toEqual(paths)
  }
})

it('leaves out values that are none, and counts them', async () => {
  const metrics = create()
  const counter = metrics.counter({ name: 'c_total', help: 'x' })
  const gauge = metrics.gauge({ name: 'g', help: 'x' })
  const histogram = metrics.histogram({ name: 'h', help: 'x', buckets: [1] })
  counter.inc(-1)
  counter.inc(NaN)
  gauge.set(NaN)
  gauge.inc(Infinity)
  histogram.observe(NaN)
  const { body } = await metrics.expose()
  expect(body).toContain('\nc_total 0\n')
  expect(body).toContain('\ng 0\n')
  expect(body).toContain('\nh_count 0\n')
  expect(body).toContain('alfred_metrics_rejected_values_total{metric="c_total"} 2')
  expect(body).toContain('alfred_metrics_rejected_values_total{metric="g"} 2')
  expect(body).toContain('alfred_metrics_rejected_values_total{metric="h"} 1')
})

it('counts overflow and warns once a label', async () => {
  const warn = vi.fn()
  const metrics = create({ logger: { ...noopLogger, warn } })
  const family = metrics.counter(calls)
  for (let i = 0; i < 100; i++) family.with({ provider: 'openai', model: `m${String(i)}` }).inc()
  const { body } = await metrics.expose()
  expect(body).toContain('calls_total{provider="openai",model="other"} 98')
  expect(body).toContain('alfred_metrics_label_overflow_total{metric="calls_total",label="model"} 98')
  expect(body).toContain('alfred_metrics_label_overflow_total{metric="calls_total",label="provider"} 0')
  expect(warn.mock.calls).toEqual([
    [
      { metric: 'calls_total', label: 'model' },
      'a label exceeded its max of values; further ones count as other',
    ],
  ])
})

const ofPromClient = () => {
  const { OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE } = promClient.Registry
  const registry = new promClient.Registry<promClient.RegistryContentType>()
  const useOpenMetrics = (on: boolean): void => {
    registry.setContentType(on ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE)
  }
  return { registry, useOpenMetrics }
}

const ofItsSuccessor = () => {
  const { OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE } = successor.Registry
  const registry = new successor.Registry<successor.RegistryContentType>()
  const useOpenMetrics = (on: boolean): void => {
    registry.setContentType(on ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE)
  }
  return { registry, useOpenMetrics }
}

it.each([
  ['prom-client', ofPromClient],
  ['@prometheus-io/client', ofItsSuccessor],
])('exports through a registry of %s', async (_name, createRegistry) => {
  const { registry, useOpenMetrics } = createRegistry()
  const metrics = create({ registry })
  let temperature = 0
  const gauge = metrics.gauge({ name: 'temperature_celsius', help: 'x' })
  metrics.onScrape(() => {
    gauge.set(++temperature)
  })
  metrics.counter(calls).with({ provider: 'openai', model: 'a' }).inc(2)
  metrics
    .histogram({ name: 'wait_seconds', help: 'x', labels: { k: ['v'] }, buckets: [0.5, 2] })
    .with({ k: 'v' })
    .observe(1)
  registry.setDefaultLabels({ instance: 'i' })

  const { contentType, body } = await metrics.expose('application/openmetrics-text')
  expect(contentType).toBe(registry.contentType)
  expect(body).toContain('temperature_celsius{instance="i"} 1')
  expect(body).toContain('calls_total{provider="openai",model="a",instance="i"} 2')
  expect(body).toMatch(/wait_seconds_bucket\{(?=.*le="2")(?=.*k="v").*\} 1\n/)

  useOpenMetrics(true)
  expect((await metrics.expose()).body).toContain('# TYPE calls counter\ncalls_total{')
  useOpenMetrics(false)
  expect((await metrics.expose()).body).toContain('# TYPE calls_total counter\ncalls_total{')

  await metrics.close()
  expect(await registry.metrics()).toBe('\n')
})

it('refuses a name that a given registry holds', () => {
  const registry = new promClient.Registry()
  new promClient.Gauge({ name: 'http_server_active_requests', help: 'x', registers: [registry] })
  expect(() => createMetrics({ registry })).toThrow(AlfredError)
})

it('writes metrics of prom-client in its own registry, in both formats and without renaming them', async () => {
  const metrics = create()
  const { registry } = metrics
  if (!(registry instanceof promClient.Registry)) throw new Error('not a registry of prom-client')
  const registers = [registry]
  new promClient.Counter({ name: 'foreign_total', help: 'x', labelNames: ['a'], registers }).inc({ a: '"' })
  new promClient.Histogram({ name: 'foreign_seconds', help: 'x', buckets: [1], registers }).observe(1)
  const openMetrics = (await metrics.expose('application/openmetrics-text')).body
  expect(openMetrics).toContain('# TYPE foreign counter\nforeign_total{a="\\""} 1\n')
  expect(openMetrics).toContain('foreign_seconds_bucket{le="1.0"} 1\n')
  expect((await metrics.expose()).body).toContain('# TYPE foreign_total counter\nforeign_total{a="\\""} 1\n')
})

it('measures the process and the runtime', async () => {
  const metrics = create({ runtime: true })
  const { body } = await metrics.expose()
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_memory_limit_bytes',
    'nodejs_heap_size_used_bytes',
  ]) {
    const value = new RegExp(`^${name} (.+)$`, 'm').exec(body)?.[1]
    expect(Number(value), name).toBeGreaterThan(0)
  }
  expect(body).toContain('# TYPE nodejs_gc_duration_seconds histogram')
})

const number = String.raw`(?:[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?|[-+]Inf|NaN)`
const labelPair = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"`
const sampleLine = new RegExp(`^([a-zA-Z_:][\\w:]*)(?:\\{${labelPair}(?:,${labelPair})*\\})? ${number}$`)

it.each(['text/plain', 'application/openmetrics-text'])(
  'writes %s that parses, family by family',
  async (accept) => {
    const metrics = create({ runtime: true, events: createEventBus(noopLogger) })
    createAlfredMetrics(metrics).observeAiResponse('openai', 10)
    metrics.counter(calls).with({ provider: 'openai', model: 'a"b\\c\nd' }).inc(1e-9)
    const { body } = await metrics.expose(accept)
    const families = new Set<string>()
    let family = ''
    let samples = 0
    for (const line of body
      .replace(/# EOF\n$/, '')
      .trimEnd()
      .split('\n')) {
      const [, keyword, name = ''] = /^# (HELP|TYPE) (\S+) /.exec(line) ?? []
      if (keyword === 'HELP') {
        expect(families.has(name), `${name} comes twice`).toBe(false)
        families.add((family = name))
      } else if (keyword === 'TYPE') {
        expect(name).toBe(family)
      } else {
        const sample = sampleLine.exec(line)?.[1]
        expect(sample?.startsWith(family), line).toBe(true)
        samples += 1
      }
    }
    expect(samples).toBeGreaterThan(50)
  },
)

it('counts events until it is closed', async () => {
  const events = createEventBus(noopLogger)
  const metrics = create({ events })
  events.emit('cors.denied', { method: 'BREW', preflight: true })
  events.emit('csrf.denied', { method: 'POST', reason: 'cross-site' })
  events.emit('csrf.denied', { method: 'POST', reason: 'cross-site', reportOnly: true })
  events.emit('csp.violation', {
    directive: 'script-src',
    blocked: 'inline',
    page: '/',
    source: undefined,
    line: undefined,
    disposition: 'report',
    repeats: 4,
  })
  events.emit('rate-limit.denied', { policy: 'chat', retryAfterMs: 5 })
  events.emit('rate-limit.shadow-denied', { policy: 'chat', retryAfterMs: 5 })
  events.emit('rate-limit.key-missing', { policy: 'chat' })
  events.emit('rate-limit.store-unavailable', { policy: 'chat', action: 'local' })
  events.emit('rate-limit.banned', { durationMs: 60_000, level: 0 })
  events.emit('rate-limit.address-refused', { reason: 'banned' })
  events.emit('load.shed', { reason: 'in-flight' })
  events.emit('load.changed', { overloaded: true, reason: 'in-flight' })
  events.emit('server.connection-refused', { reason: 'per-address' })
  events.emit('proxy.misconfigured', { problem: 'untrusted-forwarded-for' })
  events.emit('validation.rejected', { status: 413, code: 'body-too-large' })
  events.emit('vault.key-changed', { provider: 'openai', stage: 'current', version: 2 })
  events.emit('vault.rotated', { provider: 'openai', version: 2 })
  events.emit('vault.rotation-failed', { provider: 'openai', reason: 'timeout' })
  events.emit('vault.rotation-due', { provider: 'anthropic', dueInMs: 0, pool: 0 })
  events.emit('vault.key-invalid', { provider: 'openai', version: 2 })
  events.emit('vault.key-valid', { provider: 'openai', version: 3 })
  events.emit('vault.revocation-due', { provider: 'ollama', version: 1 })
  events.emit('vault.clock-skewed', { skewMs: 90_000 })
  events.emit('vault.store-unavailable', { code: 'ALFRED_STORE_UNAVAILABLE' })
  events.emit('health.changed', {
    check: 'redis',
    kind: 'datastore',
    criticality: 'degrading',
    from: 'pass',
    to: 'warn',
  })
  events.emit('drain.started', { signal: 'SIGTERM' })
  const { body } = await metrics.expose()
  for (const line of [
    'alfred_cors_denials_total{method="other",preflight="true"} 1',
    'alfred_csrf_denials_total{method="POST",reason="cross-site",mode="enforce"} 1',
    'alfred_csrf_denials_total{method="POST",reason="cross-site",mode="report"} 1',
    'alfred_csp_violations_total{directive="script-src",mode="report"} 5',
    'alfred_rate_limit_denials_total{policy="chat",mode="enforce"} 1',
    'alfred_rate_limit_denials_total{policy="chat",mode="report"} 1',
    'alfred_rate_limit_missing_keys_total{policy="chat"} 1',
    'alfred_rate_limit_store_failures_total{policy="chat",action="local"} 1',
    'alfred_rate_limit_store_available 0',
    'alfred_rate_limit_bans_total 1',
    'alfred_rate_limit_address_refusals_total{reason="banned"} 1',
    'alfred_load_shed_total{reason="in-flight"} 1',
    'alfred_load_state{reason="in-flight",state="overloaded"} 1',
    'alfred_server_connection_refusals_total{reason="per-address"} 1',
    'alfred_proxy_misconfigurations_total{problem="untrusted-forwarded-for"} 1',
    'alfred_validation_rejections_total{status="413",code="body-too-large"} 1',
    'alfred_vault_key_changes_total{provider="openai",stage="current"} 1',
    'alfred_vault_rotations_total{provider="openai",result="rotated"} 1',
    'alfred_vault_rotations_total{provider="openai",result="failed"} 1',
    'alfred_vault_rotation_reminders_total{provider="anthropic"} 1',
    'alfred_vault_key_validity_changes_total{provider="openai",validity="invalid"} 1',
    'alfred_vault_key_validity_changes_total{provider="openai",validity="valid"} 1',
    'alfred_vault_revocations_due_total{provider="ollama"} 1',
    'alfred_health_check_state{check="redis",criticality="degrading",state="pass"} 0',
    'alfred_health_check_state{check="redis",criticality="degrading",state="warn"} 1',
    'alfred_draining 1',
  ]) {
    expect(body).toContain(`\n${line}\n`)
  }
  events.emit('rate-limit.store-recovered', { outageMs: 1500 })
  events.emit('drain.finished', { durationMs: 10, forced: false })
  const after = (await metrics.expose()).body
  expect(after).toContain('\nalfred_rate_limit_store_available 1\n')
  expect(after).toContain('\nalfred_rate_limit_store_outage_seconds_total 1.5\n')
  expect(after).toContain('\nalfred_drains_total{forced="false"} 1\n')
  await metrics.close()
  events.emit('rate-limit.denied', { policy: 'late', retryAfterMs: 5 })
})

it('names every wrong option at once', () => {
  const wrong = { pathh: '/m', access: { token: 'short' }, http: { mounts: ['api'], maxRoutes: 0 } }
  expect(() => createMetrics(wrong as MetricsOptions)).toThrow(
    /metrics\.pathh: .*Did you mean "path"[\s\S]*metrics\.access\.token[\s\S]*metrics\.http\.mounts\[0\][\s\S]*metrics\.http\.maxRoutes/,
  )
})

it.each<[string, unknown]>([
  ['a text', '3'],
  ['an object', {}],
  ['true', true],
  ['a bigint', 3n],
  ['NaN', NaN],
])('takes no %s for a number', async (_name, given) => {
  const metrics = createMetrics({ runtime: false })
  const amount = given as number
  const counter = metrics.counter({ name: 'doors_total', help: 'Counts.' })
  const gauge = metrics.gauge({ name: 'door', help: 'Goes up and down.' })
  const histogram = metrics.histogram({ name: 'door_seconds', help: 'Durations.', buckets: [1] })
  for (let round = 0; round < 3; round += 1) {
    counter.inc(amount)
    gauge.set(amount)
    gauge.inc(amount)
    gauge.dec(amount)
    histogram.observe(amount)
    histogram.merge([amount, 0], 1)
  }
  const { body } = await metrics.expose()
  for (const line of ['doors_total 0', 'door 0', 'door_seconds_sum 0', 'door_seconds_count 0']) {
    expect(body.split('\n')).toContain(line)
  }
})
