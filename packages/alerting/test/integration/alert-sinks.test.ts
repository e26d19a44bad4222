import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Receiver, startAlertmanager, startReceiver, waitFor } from '@alfred/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type Alert,
  type AlertSink,
  alertmanagerSink,
  createAlertDispatcher,
  pagerDutySink,
  slackSink,
} from '../../src/index.ts'

const stuck: Alert = {
  name: 'OrdersStuck',
  severity: 'critical',
  summary: 'No order <was> shipped & nobody knows.',
  description: 'Since ten minutes.',
  labels: { region: 'eu' },
}

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const dispatcherOn = (...sinks: AlertSink[]) =>
  createAlertDispatcher({
    service: 'shop',
    instance: 'one',
    runbookUrl: 'https://wiki.example.com/alerts',
    keepFiringForMs: 0,
    sinks,
  })

/** Raises and resolves an alert at the receiver. */
async function exchange(sink: AlertSink): Promise<{ path: string; bodies: unknown[] }> {
  await using dispatcher = dispatcherOn(sink)
  dispatcher.raise(stuck)
  await dispatcher.flush()
  dispatcher.resolve(stuck.name, stuck.labels)
  await dispatcher.flush()
  const { requests } = receiver
  expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
  return { path: requests[0]?.path ?? '', bodies: requests.map(({ body }) => JSON.parse(body) as unknown) }
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string

it("speaks Alertmanager's API v2", async () => {
  const { path, bodies } = await exchange(alertmanagerSink({ url: `${receiver.url}/am/` }))
  const alert = {
    labels: {
      alertname: 'OrdersStuck',
      severity: 'critical',
      service: 'shop',
      instance: 'one',
      region: 'eu',
    },
    annotations: {
      summary: stuck.summary,
      description: stuck.description,
      runbook_url: 'https://wiki.example.com/alerts#ordersstuck',
    },
    startsAt: time,
    endsAt: time,
  }
  expect(path).toBe('/am/api/v2/alerts')
  expect(bodies).toEqual([[alert], [alert]])
  const [[firing], [resolved]] = bodies as [[{ endsAt: string }], [{ endsAt: string }]]
  expect(Date.parse(firing.endsAt)).toBeGreaterThan(Date.now() + 180_000)
  expect(Date.parse(resolved.endsAt)).toBeLessThanOrEqual(Date.now())
})

it('writes to Slack, without meaning anything by < and &', async () => {
  const { path, bodies } = await exchange(slackSink({ webhookUrl: `${receiver.url}/services/T0/B0/x` }))
  expect(path).toBe('/services/T0/B0/x')
  const messages = bodies as { text: string; blocks: { type: string; text?: { text: string } }[] }[]
  expect(messages.map(({ text }) => text)).toEqual([
    ':rotating_light: Firing: OrdersStuck: No order &lt;was&gt; shipped &amp; nobody knows.',
    ':white_check_mark: Resolved: OrdersStuck: No order &lt;was&gt; shipped &amp; nobody knows.',
  ])
  expect(messages[0]?.blocks.map(({ type }) => type)).toEqual(['section', 'context'])
  expect(messages[0]?.blocks[0]?.text?.text).toContain(
    '<https://wiki.example.com/alerts#ordersstuck|Runbook>',
  )
})

it("speaks PagerDuty's Events API v2", async () => {
  const routingKey = '0123456789abcdef0123456789abcdef'
  const { path, bodies } = await exchange(pagerDutySink({ routingKey, url: `${receiver.url}/v2/enqueue` }))
  const dedupKey = expect.stringMatching(/^[0-9a-f]{32}$/) as string
  expect(path).toBe('/v2/enqueue')
  expect(bodies).toEqual([
    {
      routing_key: routingKey,
      dedup_key: dedupKey,
      event_action: 'trigger',
      client: 'alfred',
      payload: {
        summary: `OrdersStuck: ${stuck.summary}`,
        source: 'one',
        severity: 'critical',
        timestamp: time,
        component: 'shop',
        class: 'OrdersStuck',
        custom_details: { service: 'shop', instance: 'one', region: 'eu', description: stuck.description },
      },
      links: [{ href: 'https://wiki.example.com/alerts#ordersstuck', text: 'Runbook' }],
    },
    { routing_key: routingKey, dedup_key: dedupKey, event_action: 'resolve' },
  ])
})

it('reaches one sink while another is down', async () => {
  await using dispatcher = dispatcherOn(
    alertmanagerSink({ url: 'http://127.0.0.1:9', name: 'gone' }),
    alertmanagerSink({ url: receiver.url }),
  )
  dispatcher.raise(stuck)
  // The receiver knows of it before its answer has come back.
  await waitFor(() => dispatcher.stats().delivered === 1)
  expect(receiver.requests).toHaveLength(1)
  expect(dispatcher.stats()).toEqual({ delivered: 1, dropped: 0, waiting: 1 })
})

it('is understood by a real Alertmanager', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-alerting-'))
  try {
    const configFile = join(folder, 'alertmanager.yml')
    await writeFile(
      configFile,
      `route: { receiver: hook, group_wait: 0s, group_interval: 1s }
receivers: [{ name: hook, webhook_configs: [{ url: '${receiver.url}/hook' }] }]
`,
    )
    await using alertmanager = await startAlertmanager({ configFile })
    await using dispatcher = dispatcherOn(alertmanagerSink({ url: alertmanager.url }))
    dispatcher.raise(stuck)
    const statuses = (): unknown[] =>
      receiver.requests.map(({ body }) => (JSON.parse(body) as { status: unknown }).status)
    await waitFor(() => statuses().includes('firing'), { timeoutMs: 20_000, what: 'the first webhook' })
    dispatcher.resolve(stuck.name, stuck.labels)
    await waitFor(() => statuses().includes('resolved'), { timeoutMs: 20_000, what: 'the second webhook' })
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({
      alerts: [
        { labels: { alertname: 'OrdersStuck', region: 'eu' }, annotations: { summary: stuck.summary } },
      ],
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
