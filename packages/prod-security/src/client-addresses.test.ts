import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requestContext } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface Seen {
  readonly status: number
  readonly address: string | undefined
  readonly headers: IncomingMessage['headers']
}

type Ask = (headers?: Record<string, string | string[]>, path?: string) => Promise<Seen>

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ address: requestContext(request).clientAddress }))
}

const onExpress = (createApp: () => express.Express) => (config: AlfredConfig) => {
  const guard = alfredHardening(config)
  const app = createApp()
  app.use(guard)
  app.use(answer)
  return { guard, listener: app }
}

const hosts = {
  'Express 5': onExpress(express),
  // What the application above uses of Express is the same in both, which their types do not know.
  'Express 4': onExpress(express4 as unknown as typeof express),
  'node:http': (config: AlfredConfig) => {
    const guard = alfredHardening(config)
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      guard(request, response, () => {
        answer(request, response)
      })
    }
    return { guard, listener }
  },
} as const

type Host = keyof typeof hosts

/** Starts the whole stack on loopback, or on a Unix socket. */
async function start(
  host: Host,
  config: AlfredConfig,
  place: 'loopback' | 'unix' = 'loopback',
): Promise<Ask> {
  const { guard, listener } = hosts[host](config)
  const server = createServer(listener)
  const folder = await mkdtemp(join(tmpdir(), 'alfred-addresses-'))
  const socketPath = join(folder, 'server.sock')
  if (place === 'unix') server.listen(socketPath)
  else server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await guard.close()
    await rm(folder, { recursive: true, force: true })
  })
  const target = place === 'unix' ? { socketPath } : { port: (server.address() as AddressInfo).port }
  return (headers = {}, path = '/') =>
    new Promise((resolve, reject) => {
      const sent = send({ ...target, path, headers, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          const { address } = JSON.parse(body) as { readonly address?: string }
          resolve({ status: response.statusCode ?? 0, address, headers: response.headers })
        })
      })
      sent.on('error', reject).end()
    })
}

const limited = {
  rateLimit: { policies: [{ name: 'all', key: 'address', limit: 1, windowMs: 60_000, match: '/' }] },
} as const

describe.each(Object.keys(hosts) as Host[])('on %s', (host) => {
  it.each<[string, string | string[], string]>([
    ['a port', '203.0.113.7:50001', '203.0.113.7'],
    ['IPv6 with a port', '[2001:DB8::1]:443', '2001:db8::1'],
    ['a mapped address', '::FFFF:203.0.113.7', '203.0.113.7'],
    ['a mapped address in hexadecimal', '::ffff:cb00:7107', '203.0.113.7'],
    ['several fields', ['1.1.1.1', '203.0.113.7'], '203.0.113.7'],
    ['rubbish', 'unknown', '127.0.0.1'],
    ['nobody', '1.1.1.1, ', '127.0.0.1'],
  ])('knows the client by %s', async (_what, forwarded, expected) => {
    const ask = await start(host, { trustProxy: 1 })
    expect((await ask({ 'X-Forwarded-For': forwarded })).address).toBe(expected)
  })

  it('counts one client in one bucket, however its address is spelled and whatever it claims', async () => {
    const ask = await start(host, { trustProxy: 1, ...limited })
    expect((await ask({ 'X-Forwarded-For': '203.0.113.7:50001' })).status).toBe(200)
    for (const spelling of [
      '203.0.113.7:50002',
      '198.51.100.1, 203.0.113.7',
      '::ffff:203.0.113.7',
      '::FFFF:CB00:7107',
      '"[::ffff:203.0.113.7]:50003"',
    ]) {
      expect([spelling, (await ask({ 'X-Forwarded-For': spelling })).status]).toEqual([spelling, 429])
    }
    expect((await ask({ 'X-Forwarded-For': '203.0.113.8:50001' })).status).toBe(200)
  })

  it('has one bucket, of the peer, for clients that name themselves rubbish', async () => {
    const ask = await start(host, { trustProxy: 1, ...limited })
    expect((await ask({ 'X-Forwarded-For': '_a' })).status).toBe(200)
    expect((await ask({ 'X-Forwarded-For': '_b' })).status).toBe(429)
  })

  it.each([
    ['203.0.113.7', '::ffff:cb00:7107'],
    ['::FFFF:203.0.113.7', '203.0.113.7:443'],
    ['::ffff:cb00:7100/120', '203.0.113.7'],
    ['2001:DB8:0:0::/32', '[2001:db8::1]:443'],
  ])('denies %s, spelled %s', async (entry, spelling) => {
    const ask = await start(host, { trustProxy: 1, rateLimit: { deny: [entry] } })
    expect((await ask({ 'X-Forwarded-For': spelling })).status).toBe(403)
    expect((await ask({ 'X-Forwarded-For': '198.51.100.1' })).status).toBe(200)
  })

  it.each<[AlfredConfig['trustProxy'], boolean]>([
    [false, false],
    [[], false],
    ['10.0.0.0/8', false],
    [1, true],
    ['loopback', true],
  ])('with trustProxy %j believes headers of its peer: %s', async (trustProxy, believes) => {
    const ask = await start(host, { trustProxy })
    const { address, headers } = await ask({
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'https',
      'X-Request-Id': 'abc-123',
      'X-Real-IP': '198.51.100.9',
      'CF-Connecting-IP': '198.51.100.9',
      Forwarded: 'for=198.51.100.9;proto=https',
    })
    expect(address).toBe(believes ? '203.0.113.7' : '127.0.0.1')
    expect(headers['strict-transport-security'] !== undefined).toBe(believes)
    expect(headers['x-request-id'] === 'abc-123').toBe(believes)
  })

  it('believes no other header for an address or a scheme', async () => {
    const ask = await start(host, { trustProxy: 1 })
    const { address, headers } = await ask({
      Forwarded: 'for=198.51.100.9;proto=https',
      'X-Real-IP': '198.51.100.9',
      'CF-Connecting-IP': '198.51.100.9',
      'X-Forwarded-Ssl': 'on',
      'Front-End-Https': 'on',
    })
    expect(address).toBe('127.0.0.1')
    expect(headers['strict-transport-security']).toBeUndefined()
  })

  it('is behind a proxy on a Unix socket what it is behind one with an address', async () => {
    const ask = await start(host, { trustProxy: 1, ...limited }, 'unix')
    const headers = {
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'https',
      'X-Request-Id': 'abc-123',
    }
    const first = await ask(headers)
    expect(first.address).toBe('203.0.113.7')
    expect(first.headers['strict-transport-security']).toBeDefined()
    expect(first.headers['x-request-id']).toBe('abc-123')
    expect((await ask(headers)).status).toBe(429)
    expect((await ask({ ...headers, 'X-Forwarded-For': '203.0.113.8' })).status).toBe(200)
  })

  it('counts nobody who has no address', async () => {
    const ask = await start(host, limited, 'unix')
    for (let sent = 0; sent < 3; sent++) expect((await ask()).status).toBe(200)
  })
})
