import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { noopLogger } from '@alfred/core'
import { createFakeClock, listening, passTime } from '@alfred/testkit'
import express from 'express'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createHealth, type Health } from '../health.ts'
import type { HealthOptions } from '../health-options.ts'

const serve = (health: Health) =>
  listening((request, response) => {
    health.middleware(request, response, () => response.writeHead(404).end('not ours'))
  })

async function setUp(options: HealthOptions) {
  const clock = createFakeClock()
  const health = createHealth({ clock, jitter: 0, ...options })
  onTestFinished(() => health.close())
  await passTime(clock, 0)
  const { url, ...served } = await serve(health)
  const ask = (path: string, init?: RequestInit) => fetch(url + path, init)
  return { ...served, url, clock, health, ask }
}

const failing = { name: 'db', check: () => Promise.resolve({ status: 'fail', output: 'no table' } as const) }

it.each([
  ['/livez', 200, '{"status":"pass"}'],
  ['/readyz', 503, '{"status":"fail","output":"starting"}'],
  ['/startupz', 503, '{"status":"fail"}'],
  ['/healthz', 503, '{"status":"fail"}'],
  ['/healthz?verbose', 503, '{"status":"fail"}'],
  ['/healthz/', 404, 'not ours'],
  ['/', 404, 'not ours'],
])('answers %s with %i %s to everybody', async (path, status, body) => {
  await using served = await setUp({ checks: [failing], version: '1' })
  const response = await served.ask(path)
  expect(response.status).toBe(status)
  expect(await response.text()).toBe(body)
  if (status === 404) return
  expect(response.headers.get('content-type')).toBe('application/health+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
})

it('answers readiness and liveness apart while it drains', async () => {
  await using served = await setUp({})
  expect((await served.ask('/readyz')).status).toBe(200)
  served.health.setDraining(true)
  const response = await served.ask('/readyz')
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ status: 'fail', output: 'draining' })
  expect((await served.ask('/livez')).status).toBe(200)
})

it.each([
  ['/livez', true],
  ['/readyz', true],
  ['/startupz', true],
  ['/healthz', true],
  ['/', false],
])('takes a request for %s for a probe: %s', async (path, expected) => {
  await using served = await setUp({})
  expect(served.health.probed).toBe(false)
  await served.ask(path)
  expect(served.health.probed).toBe(expected)
})

it.each([
  ['a text', 'the worker pool is deadlocked', { reason: 'the worker pool is deadlocked' }],
  ['an error', new Error('deadlock'), { err: new Error('deadlock') }],
])('fails liveness and readiness once the process is broken, by %s', async (_what, reason, fields) => {
  const error = vi.fn<(fields: object, message: string) => void>()
  await using served = await setUp({ logger: { ...noopLogger, error } })
  served.health.broken(reason)
  served.health.broken('again')
  expect(error.mock.calls).toEqual([[fields, 'the process is broken']])
  for (const path of ['/livez', '/readyz']) {
    const response = await served.ask(path)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ status: 'fail', output: 'broken' })
  }
})

it('is as it was after a reason that it cannot read', async () => {
  await using served = await setUp({})
  expect(() => {
    served.health.broken(new Map() as unknown as string)
  }).toThrow(expect.objectContaining({ code: 'ALFRED_CONFIG_INVALID' }))
  for (const path of ['/livez', '/readyz']) expect((await served.ask(path)).status).toBe(200)
})

it('answers HEAD without a body and refuses other methods', async () => {
  await using served = await setUp({})
  const head = await served.ask('/readyz', { method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(head.headers.get('content-length')).toBe('17')
  expect(await head.text()).toBe('')
  const post = await served.ask('/readyz', { method: 'POST', body: 'x' })
  expect(post.status).toBe(405)
  expect(post.headers.get('allow')).toBe('GET, HEAD')
  expect(await post.json()).toMatchObject({ type: 'urn:alfred:problem:method-not-allowed' })
})

it('lays the details out as the draft says', async () => {
  await using served = await setUp({
    details: 'always',
    version: '1',
    releaseId: '1.4.2',
    serviceId: 'alfred',
    checks: [
      {
        name: 'cache',
        kind: 'datastore',
        check: () =>
          Promise.resolve({
            status: 'warn',
            output: 'one node away',
            measurements: [
              { name: 'connections', componentId: 'a', observedValue: 3, status: 'pass', output: 'hidden' },
              { name: 'connections', componentId: 'b', observedValue: 0, observedUnit: 'connections' },
            ],
          }),
      },
      { name: 'tables', groups: ['startup'], check: () => Promise.resolve() },
    ],
  })
  const response = await served.ask('/healthz')
  expect(response.status).toBe(200)
  const time = '2026-01-01T04:37:11.123Z'
  expect(await response.json()).toEqual({
    status: 'warn',
    version: '1',
    releaseId: '1.4.2',
    serviceId: 'alfred',
    checks: {
      'cache:responseTime': [
        {
          componentType: 'datastore',
          observedValue: 0,
          observedUnit: 'ms',
          status: 'warn',
          time,
          output: 'one node away',
        },
      ],
      'cache:connections': [
        { componentId: 'a', componentType: 'datastore', observedValue: 3, status: 'pass', time },
        {
          componentId: 'b',
          componentType: 'datastore',
          observedValue: 0,
          observedUnit: 'connections',
          status: 'warn',
          time,
        },
      ],
    },
  })
})

it.each<[string, HealthOptions['details'], boolean]>([
  ['nobody by default', undefined, false],
  ['nobody', 'never', false],
  ['everybody', 'always', true],
  ['who has the token', (request) => request.headers.authorization === 'Bearer t', true],
  ['not who has another', (request) => request.headers.authorization === 'Bearer u', false],
  ['nobody when the function rejects', (() => Promise.resolve(true)) as unknown as () => boolean, false],
  [
    'nobody when the function throws',
    () => {
      throw new Error('no')
    },
    false,
  ],
])('shows details to %s', async (_name, details, shown) => {
  await using served = await setUp({ details, serviceId: 'alfred', checks: [failing] })
  const response = await served.ask('/healthz', { headers: { Authorization: 'Bearer t' } })
  const body = (await response.json()) as object
  expect('checks' in body).toBe(shown)
  expect('serviceId' in body).toBe(shown)
})

it('rebuilds the details after a poll and not for a request', async () => {
  let value = 0
  await using served = await setUp({
    details: 'always',
    checks: [
      {
        name: 'a',
        intervalMs: 1000,
        check: () =>
          Promise.resolve({ status: 'pass', measurements: [{ name: 'n', observedValue: ++value }] }),
      },
    ],
  })
  const stringify = vi.spyOn(JSON, 'stringify')
  const documents = () =>
    stringify.mock.calls.filter(([value]) => Object.hasOwn(Object(value) as object, 'checks'))
  const first = await (await served.ask('/healthz')).text()
  const second = await (await served.ask('/healthz')).text()
  expect(second).toBe(first)
  expect(documents()).toHaveLength(1)
  await passTime(served.clock, 1000)
  expect(await (await served.ask('/healthz')).text()).toContain('"observedValue":2')
})

it('runs a check once for a thousand probes at the same time', async () => {
  const check = vi.fn(() => Promise.resolve())
  await using served = await setUp({ checks: [{ name: 'a', check }] })
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 })
  onTestFinished(() => {
    agent.destroy()
  })
  const statuses = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const [response] = (await once(get(`${served.url}/readyz`, { agent }), 'response')) as [IncomingMessage]
      await text(response)
      return response.statusCode
    }),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(check).toHaveBeenCalledOnce()
})

it('answers on other paths, and leaves out what is switched off', async () => {
  await using served = await setUp({ paths: { liveness: '/up', startup: false } })
  expect((await served.ask('/up')).status).toBe(200)
  expect((await served.ask('/livez')).status).toBe(404)
  expect((await served.ask('/startupz')).status).toBe(404)
  expect((await served.ask('/readyz')).status).toBe(200)
})

it('is a middleware of Express', async () => {
  await using health = createHealth({ clock: createFakeClock() })
  const app = express()
  app.use(health.middleware)
  app.use((_request, response) => {
    response.send('app')
  })
  await using served = await listening((request, response) => {
    app(request, response)
  })
  expect((await fetch(`${served.url}/livez`)).headers.get('content-type')).toBe('application/health+json')
  expect(await (await fetch(`${served.url}/other`)).text()).toBe('app')
})
