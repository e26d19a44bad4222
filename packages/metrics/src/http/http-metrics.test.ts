import { once } from 'node:events'
import { createServer, get, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { createFakeClock } from '@alfred/testkit'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics, type Metrics } from '../metrics.ts'
import type { MetricsOptions } from '../metrics-options.ts'

const create = (options: MetricsOptions = {}): Metrics => {
  const metrics = createMetrics({ runtime: false, ...options })
  onTestFinished(() => metrics.close())
  return metrics
}

async function serve(app: Parameters<typeof createServer>[1]): Promise<{ origin: string }> {
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }
}

/** Waits until every response on the server has closed, which comes after the client has read it. */
const settled = (metrics: Metrics) =>
  expect
    .poll(async () => (await metrics.expose()).body, { interval: 5, timeout: 4000 })
    .toContain('http_server_active_requests 0')

const requestLines = async (metrics: Metrics): Promise<string[]> => {
  await settled(metrics)
  const { body } = await metrics.expose()
  return body
    .split('\n')
    .flatMap((line) => /^http_server_requests_total\{(.*)\} (\d+)$/.exec(line)?.[0].slice(26) ?? [])
}

function createApp(metrics: Metrics): express.Express {
  const app = express()
  app.use(metrics.middleware)
  app.use(metrics.endpoint)
  const users = express.Router()
  users.get('/users/:id', (_request, response) => {
    response.send('ok')
  })
  users.get('/fail/:id', () => {
    throw new Error('expected')
  })
  app.use('/tenants/:tenantId', users)
  app.use('/shops/:shopId', users)
  app.get('/', (_request, response) => {
    response.send('ok')
  })
  app.all('/any/:id', (_request, response) => {
    response.status(204).end()
  })
  app.get('/healthz', (_request, response) => {
    response.send('ok')
  })
  app.use(((error, _request, response, next) => {
    if (error instanceof Error) response.status(500).end()
    else next(error)
  }) satisfies express.ErrorRequestHandler)
  return app
}

it.each([
  ['GET', '/', 'method="GET",route="/",code="200",outcome="completed"'],
  ['GET', '/?a=1', 'method="GET",route="/",code="200",outcome="completed"'],
  ['GET', '/nothing/here', 'method="GET",route="unmatched",code="404",outcome="completed"'],
  ['PURGE', '/any/1', 'method="other",route="/any/:id",code="204",outcome="completed"'],
  ['HEAD', '/any/1', 'method="HEAD",route="/any/:id",code="204",outcome="completed"'],
  [
    'GET',
    '/tenants/42/users/7',
    'method="GET",route="/tenants/:tenantId/users/:id",code="200",outcome="completed"',
  ],
  [
    'GET',
    '/TENANTS/42/users/7/',
    'method="GET",route="/tenants/:tenantId/users/:id",code="200",outcome="completed"',
  ],
  [
    'GET',
    '/tenants/42/fail/7',
    'method="GET",route="/tenants/:tenantId/fail/:id",code="500",outcome="completed"',
  ],
  ['GET', '/shops/42/users/7', 'method="GET",route="*/users/:id",code="200",outcome="completed"'],
])('labels %s %s', async (method, path, labels) => {
  const metrics = create({ http: { mounts: ['/tenants/:tenantId'] } })
  const { origin } = await serve(createApp(metrics))
  await fetch(origin + path, { method }).then((response) => response.arrayBuffer())
  expect(await requestLines(metrics)).toEqual([`{${labels}} 1`])
})

it('does not time scrapes and probes', async () => {
  const metrics = create()
  const { origin } = await serve(createApp(metrics))
  for (const path of ['/metrics', '/healthz']) expect((await fetch(origin + path)).status).toBe(200)
  expect(await requestLines(metrics)).toEqual([])
})

it('observes the duration by status class, with a bucket at 2 s', async () => {
  const clock = createFakeClock()
  const metrics = create({ clock })
  const { origin } = await serve((request, response) => {
    metrics.middleware(request, response, () => {
      clock.advance(2000)
      response.writeHead(201).end()
    })
  })
  await fetch(origin)
  await settled(metrics)
  const { body } = await metrics.expose()
  const series =
    'http_server_request_duration_seconds_bucket{method="GET",route="unmatched",status="2xx",outcome="completed"'
  expect(body).toContain(`${series},le="1"} 0\n`)
  expect(body).toContain(`${series},le="2"} 1\n`)
})

it.each([
  ['before its head', false, 'method="GET",route="unmatched",code="none",outcome="aborted"'],
  ['in its body', true, 'method="GET",route="unmatched",code="200",outcome="aborted"'],
])('counts a response aborted %s, and not as active', async (_when, head, labels) => {
  const metrics = create()
  let arrived: (() => void) | undefined
  const arrival = new Promise<void>((resolve) => (arrived = resolve))
  const { origin } = await serve((request, response) => {
    metrics.middleware(request, response, () => {
      if (head) response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
      arrived?.()
    })
  })
  const client = get(origin)
  client.on('error', () => undefined)
  await arrival
  expect((await metrics.expose()).body).toContain('http_server_active_requests 1')
  if (head) await once(client, 'response')
  client.destroy()
  expect(await requestLines(metrics)).toEqual([`{${labels}} 1`])
})

it('passes a request on whose response is gone already', async () => {
  const metrics = create()
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request).destroy()
  let passed = false
  metrics.middleware(request, response, () => (passed = true))
  expect(passed).toBe(true)
  await settled(metrics)
})

it.each<[string, MetricsOptions, RequestInit, number, Record<string, string | null>]>([
  ['serves loopback peers', {}, {}, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }],
  [
    'serves OpenMetrics',
    {},
    { headers: { accept: 'application/openmetrics-text' } },
    200,
    {
      'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'Accept',
    },
  ],
  [
    'refuses whom a proxy speaks for',
    {},
    { headers: { 'x-forwarded-for': '192.0.2.1' } },
    403,
    { 'www-authenticate': null },
  ],
  [
    'asks for the token',
    { access: { token: 'abcdefghijklmnop' } },
    {},
    401,
    { 'www-authenticate': 'Bearer realm="metrics"' },
  ],
  [
    'takes the token',
    { access: { token: 'abcdefghijklmnop' } },
    { headers: { authorization: 'Bearer abcdefghijklmnop' } },
    200,
    {},
  ],
  ['knows GET and HEAD alone', {}, { method: 'POST' }, 405, { allow: 'GET, HEAD' }],
  ['answers HEAD', {}, { method: 'HEAD' }, 200, {}],
  [
    'refuses when the function throws',
    {
      access: () => {
        throw new Error('expected')
      },
    },
    {},
    403,
    { 'content-type': 'application/problem+json' },
  ],
])('the endpoint %s', async (_what, options, init, status, headers) => {
  const metrics = create({ path: '/internal/metrics', ...options })
  const { origin } = await serve(createApp(metrics))
  const response = await fetch(`${origin}/internal/metrics?x=1`, init)
  expect(response.status).toBe(status)
  for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
})

it('answers a failed scrape with a problem, and the next one again', async () => {
  const metrics = create()
  const { origin } = await serve(createApp(metrics))
  const end = metrics.onScrape(() => {
    throw new Error('expected')
  })
  const failed = await fetch(`${origin}/metrics`)
  expect(failed.status).toBe(500)
  expect(await failed.json()).toMatchObject({ type: 'urn:alfred:problem:metrics-unavailable' })
  end()
  expect((await fetch(`${origin}/metrics`)).status).toBe(200)
})
