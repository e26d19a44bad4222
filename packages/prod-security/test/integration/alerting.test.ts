import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Receiver, startReceiver } from '@alfred/testkit'
import express from 'express'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type AlfredConfig,
  alertmanagerSink,
  alfredHardening,
  type AlfredGuard,
  pagerDutySink,
  sentrySink,
  slackSink,
  webhookSink,
} from '../../src/index.ts'

/** Stands in every place where a secret can be, and must reach no receiver. */
const canary = 'CANARY7f3a'

let receiver: Receiver
let guard: AlfredGuard
let url: string
let stop: () => Promise<void> = () => Promise.resolve()

/** Serves routes that fail in ways that show secrets, with every sink pointed at the receiver. */
async function serve(alerting: Exclude<AlfredConfig['alerting'], boolean>): Promise<void> {
  guard = alfredHardening({ alerting, rateLimit: false })
  const app = express()
  app.use(guard)
  app.get('/users/:id', (request) => {
    const cause = Object.assign(new Error(`connect redis://:${canary}@cache`), {
      config: { password: canary },
    })
    throw Object.assign(new Error(`refused: Bearer ${canary}, apiKey=${canary}, sk-${canary}`, { cause }), {
      request,
    })
  })
  app.get('/fine', (_request, response) => response.json({}))
  app.use(guard.notFoundHandler, guard.errorHandler)
  const server = createServer(app).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  stop = async () => {
    server.closeAllConnections()
    server.close()
    await guard.close()
  }
}

beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  await stop()
  await receiver.close()
})

const sinks = () => ({
  errors: [
    sentrySink({ dsn: receiver.url.replace('http://', 'http://0123456789abcdef@') + '/42' }),
    webhookSink({ url: `${receiver.url}/errors`, name: 'errors' }),
  ] as const,
  alerts: [
    alertmanagerSink({ url: receiver.url }),
    slackSink({ webhookUrl: `${receiver.url}/services/T0/B0/${canary}` }),
    pagerDutySink({ routingKey: '0123456789abcdef0123456789abcdef', url: `${receiver.url}/v2/enqueue` }),
  ] as const,
})

it('reports errors of requests and alerts of the layers to every sink, and no secret to any', async () => {
  const { errors, alerts } = sinks()
  await serve({
    service: 'shop',
    errorTracker: { sinks: errors },
    dispatcher: { sinks: alerts },
  })
  const answer = await fetch(`${url}/users/17?token=${canary}`, {
    headers: { Authorization: `Bearer ${canary}`, Cookie: `session=${canary}`, 'X-Request-Id': canary },
  })
  expect(answer.status).toBe(500)
  guard.alerting.errorTracker.capture(`token: ${canary}`, {
    tags: { area: `password=${canary}` },
    extra: { authorization: canary, deep: { text: `Basic ${canary}` } },
  })
  guard.events.emit('drain.connections-cut', { connections: 3 })
  guard.events.emit('health.changed', {
    check: 'database',
    kind: 'datastore',
    criticality: 'critical',
    from: 'pass',
    to: 'fail',
  })
  await guard.alerting.errorTracker.flush()
  await guard.alerting.dispatcher.flush()

  expect(receiver.requests.map(({ path }) => path.replace(canary, '…')).sort()).toEqual([
    '/api/42/envelope/',
    '/api/42/envelope/',
    '/api/v2/alerts',
    '/errors',
    '/errors',
    '/services/T0/B0/…',
    '/v2/enqueue',
  ])
  const report = receiver.requests.find(({ path }) => path === '/errors')
  expect(JSON.parse(report?.body ?? '')).toMatchObject({
    service: 'shop',
    method: 'GET',
    route: '/users/:id',
    requestId: answer.headers.get('X-Request-Id'),
    errors: [
      { message: 'refused: Bearer [redacted], apiKey=[redacted], [redacted]' },
      { message: 'connect redis://[redacted]@cache' },
    ],
  })
  expect(guard.alerting.dispatcher.active()).toMatchObject([
    { name: 'DrainForced', state: 'firing' },
    { name: 'HealthCheckFailing', state: 'pending', labels: { check: 'database' } },
  ])
  expect((await guard.metrics.expose()).body).toContain(
    'alfred_alerting_deliveries_total{channel="errors",sink="sentry"} 2',
  )
  const hits = receiver.requests.filter(({ body, headers }) =>
    (body + JSON.stringify(headers)).toLowerCase().includes(canary.toLowerCase()),
  )
  expect(hits).toEqual([])
})

it('answers requests and closes in time while no sink answers', async () => {
  receiver.hang()
  const { errors, alerts } = sinks()
  await serve({
    errorTracker: { sinks: errors, closeTimeoutMs: 300 },
    dispatcher: { sinks: alerts, closeTimeoutMs: 300 },
  })
  guard.events.emit('drain.connections-cut', { connections: 3 })
  const startedAt = performance.now()
  const answers = await Promise.all(
    Array.from(
      { length: 50 },
      async (_, n) => (await fetch(`${url}${n % 2 === 0 ? '/fine' : '/users/1'}`)).status,
    ),
  )
  // Far below the 5 s that a delivery may take.
  expect(performance.now() - startedAt).toBeLessThan(4_000)
  expect(answers.filter((status) => status === 200)).toHaveLength(25)
  expect(guard.alerting.errorTracker.stats()).toMatchObject({ captured: 25, heldBack: 20, delivered: 0 })
  const closingAt = performance.now()
  await guard.close()
  expect(performance.now() - closingAt).toBeLessThan(4_000)
  expect(guard.alerting.errorTracker.stats()).toMatchObject({ dropped: 10, waiting: 0 })
})

it('names wrong options with those of every other layer', async () => {
  await serve({})
  const wrong = { alerting: { servise: 'x', dispatcher: { sinks: 3 } }, health: { jiter: 1 } }
  expect(() => alfredHardening(wrong as unknown as AlfredConfig)).toThrow(
    /alerting\.servise[\s\S]*alerting\.dispatcher\.sinks[\s\S]*health\.jiter/,
  )
})
