import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, measureHeldHeap } from '@alfred/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { problemsOf } from '../../test/support/exchange.ts'
import { createCspReports } from './csp-reports.ts'
import type { CspReportsOptions } from './csp-reports-options.ts'

let server: Server | undefined
const connections: Promise<unknown>[] = []

/** Waits for the connections, which hold the timers of refused bodies. */
async function stop(): Promise<void> {
  if (!server?.listening) return
  server.closeAllConnections()
  server.close()
  await Promise.all(connections)
}

afterEach(stop)

interface Post {
  readonly path?: string
  readonly method?: string
  readonly type?: string | undefined
  readonly headers?: Record<string, string>
  readonly body?: string | undefined
}

async function start(options: CspReportsOptions = {}) {
  const clock = createFakeClock()
  const events = createEventBus(noopLogger)
  const told: AlfredEvents['csp.violation'][] = []
  events.on('csp.violation', (event) => told.push(event))
  const reports = createCspReports({ clock, events, ...options })
  const listening = createServer((request, response) => {
    reports(request, response, () => response.writeHead(404).end())
  })
  server = listening
  listening.on('connection', (socket) =>
    connections.push(new Promise((resolve) => socket.once('close', resolve))),
  )
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  const post = async ({ path = '/csp-reports', method = 'POST', type, headers = {}, body }: Post) => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    })
    await response.arrayBuffer()
    return response
  }
  return { clock, told, reports, post, port }
}

const old = 'application/csp-report'
const modern = 'application/reports+json'
const oldBody = (directive = 'img-src'): string =>
  JSON.stringify({
    'csp-report': {
      'document-uri': 'https://a.example/x',
      'effective-directive': directive,
      'blocked-uri': 'inline',
    },
  })
const entry = (directive: string, type = 'csp-violation'): object => ({
  type,
  age: 1,
  url: 'https://a.example/x',
  user_agent: 'x',
  body: { documentURL: 'https://a.example/x', effectiveDirective: directive, blockedURL: 'eval' },
})

describe('answers', () => {
  it.each<[string, Post, number, number]>([
    ['an old report', { type: old, body: oldBody() }, 204, 1],
    ['an old report with parameters', { type: `${old}; charset=utf-8`, body: oldBody() }, 204, 1],
    ['modern reports', { type: modern, body: JSON.stringify([entry('img-src'), entry('font-src')]) }, 204, 2],
    ['a bare modern report', { type: modern, body: JSON.stringify(entry('img-src')) }, 204, 1],
    [
      'reports of other kinds',
      { type: modern, body: JSON.stringify([entry('x', 'deprecation'), 5, null]) },
      204,
      0,
    ],
    ['no reports', { type: modern, body: '[]' }, 204, 0],
    ['another path', { path: '/csp-reports/x', type: old, body: oldBody() }, 404, 0],
    ['a query', { path: '/csp-reports?a=b', type: old, body: oldBody() }, 204, 1],
    ['GET', { method: 'GET' }, 405, 0],
    ['a preflight', { method: 'OPTIONS' }, 404, 0],
    ['JSON', { type: 'application/json', body: oldBody() }, 415, 0],
    ['no type', { body: oldBody() }, 415, 0],
    ['a compressed body', { type: old, headers: { 'content-encoding': 'gzip' }, body: oldBody() }, 415, 0],
    ['broken JSON', { type: old, body: '{' }, 400, 0],
    ['an empty body', { type: old, body: '' }, 400, 0],
    ['the wrong shape', { type: old, body: '[]' }, 400, 0],
    ['the wrong modern shape', { type: modern, body: '5' }, 400, 0],
    ['a body above the limit', { type: old, body: oldBody('x'.repeat(70_000)) }, 413, 0],
  ])('%s', async (_name, request, status, expected) => {
    const { post, told, reports } = await start()
    expect((await post(request)).status).toBe(status)
    expect(told).toHaveLength(expected)
    expect(reports.counts().refused).toBe([400, 405, 413, 415].includes(status) ? 1 : 0)
  })

  it('stops reading a body of unknown length at the limit', async () => {
    const { port, reports } = await start({ maxBytes: 1000 })
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest({
        port,
        path: '/csp-reports',
        method: 'POST',
        headers: { 'content-type': old },
      })
      sending.on('response', (response) => {
        resolve(response.statusCode)
        sending.destroy()
      })
      sending.on('error', reject)
      sending.write('x'.repeat(1001))
    })
    expect(status).toBe(413)
    expect(reports.counts().refused).toBe(1)
  })

  it('gives up on a body that trickles in', async () => {
    const { port, clock } = await start()
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest({
        port,
        path: '/csp-reports',
        method: 'POST',
        headers: { 'content-type': old },
      })
      sending.on('response', (response) => {
        resolve(response.statusCode)
        sending.destroy()
      })
      sending.on('error', reject)
      sending.write('{')
      server?.on('request', () => {
        clock.advance(10_000)
      })
    })
    expect(status).toBe(408)
    await stop()
    expect(clock.pendingTimers).toBe(0)
  })

  it('leaves nothing behind when the client goes away', async () => {
    const { port, clock, reports } = await start()
    const closed = new Promise((resolve) => {
      server?.on('request', (request) => {
        request.on('close', resolve)
        sending.destroy()
      })
    })
    const sending = httpRequest({
      port,
      path: '/csp-reports',
      method: 'POST',
      headers: { 'content-type': old },
    })
    sending.on('error', () => undefined)
    sending.write('{')
    await closed
    expect(clock.pendingTimers).toBe(0)
    expect(reports.counts().refused).toBe(1)
  })
})

describe('bounds', () => {
  it('holds little of a body that comes in chunks of one byte', async () => {
    const reports = createCspReports()
    const { heapBytes, answer } = await measureHeldHeap(
      (request, response) => {
        reports(request, response, () => undefined)
      },
      { path: '/csp-reports', contentType: old, body: oldBody().padEnd(20_000) },
    )
    expect(answer).toBe('HTTP/1.1 204 No Content')
    expect(heapBytes).toBeLessThan(2 ** 20)
    // Collecting the garbage of everything that this worker has loaded takes seconds on a busy machine.
  }, 30_000)

  it('tells equal violations once in the window, then how many there were', async () => {
    const { post, told, clock, reports } = await start({ dedupWindowMs: 1000 })
    for (let sent = 0; sent < 3; sent++) await post({ type: old, body: oldBody() })
    expect(told).toEqual([expect.objectContaining({ directive: 'img-src', page: '/x', repeats: 0 })])
    clock.advance(1000)
    await post({ type: old, body: oldBody() })
    expect(told.map(({ repeats }) => repeats)).toEqual([0, 2])
    expect(reports.counts()).toMatchObject({ reported: 2, repeated: 2, ignored: 0, dropped: 0, refused: 0 })
  })

  it('reads no more reports of one body than allowed', async () => {
    const { post, told, reports } = await start({ maxReports: 2 })
    await post({
      type: modern,
      body: JSON.stringify(['img-src', 'font-src', 'media-src'].map((name) => entry(name))),
    })
    expect(told.map(({ directive }) => directive)).toEqual(['img-src', 'font-src'])
    expect(reports.counts().dropped).toBe(1)
  })

  it('takes no more reports per second than allowed', async () => {
    const { post, told, clock, reports } = await start({ reportsPerSecond: 2 })
    const body = JSON.stringify(['img-src', 'font-src', 'media-src'].map((name) => entry(name)))
    expect((await post({ type: modern, body })).status).toBe(204)
    expect(told).toHaveLength(2)
    const limited = await post({ type: old, body: oldBody() })
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1'])
    expect(reports.counts().dropped).toBe(2)
    clock.advance(500)
    expect((await post({ type: old, body: oldBody() })).status).toBe(204)
  })

  it('takes them from one address without taking them from others, up to a total', async () => {
    const { post, clock } = await start({
      reportsPerSecond: 1,
      totalReportsPerSecond: 3,
      trustProxy: 'loopback',
    })
    const statusFrom = async (address: string): Promise<number> => {
      const headers = { 'x-forwarded-for': address }
      return (await post({ type: old, body: oldBody(), headers })).status
    }
    expect(await statusFrom('192.0.2.1')).toBe(204)
    expect(await statusFrom('192.0.2.1')).toBe(429)
    expect(await statusFrom('192.0.2.2')).toBe(204)
    expect(await statusFrom('2001:db8::1')).toBe(204)
    expect(await statusFrom('2001:db8::2')).toBe(429)
    expect(await statusFrom('192.0.2.3')).toBe(429)
    clock.advance(1000)
    expect(await statusFrom('192.0.2.3')).toBe(204)
  })

  it('counts violations of other policies', async () => {
    const { post, reports } = await start()
    const kinds = ['coep', 'integrity-violation', 'permissions-policy-violation', 'deprecation', 'coep']
    const body = JSON.stringify(kinds.map((type) => ({ type, body: {} })))
    await post({ type: modern, body })
    expect(reports.counts()).toMatchObject({
      ignored: 1,
      others: { coep: 2, 'integrity-violation': 1, 'permissions-policy-violation': 1 },
    })
  })
})

describe('refused at construction', () => {
  it.each<[object, string, string]>([
    [{ paths: '/x' }, 'cspReports.paths', 'ALFRED_CONFIG_UNKNOWN_KEY'],
    [{ path: 'x' }, 'cspReports.path', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ path: '/x?y' }, 'cspReports.path', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ maxBytes: 0 }, 'cspReports.maxBytes', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ maxReports: 1.5 }, 'cspReports.maxReports', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ reportsPerSecond: 0 }, 'cspReports.reportsPerSecond', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ dedupWindowMs: -1 }, 'cspReports.dedupWindowMs', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ dedupEntries: 0 }, 'cspReports.dedupEntries', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ clock: {} }, 'cspReports.clock', 'ALFRED_CONFIG_WRONG_TYPE'],
  ])('%j', (options, path, code) => {
    expect(problemsOf(() => createCspReports(options as CspReportsOptions))).toMatchObject([{ path, code }])
  })
})
