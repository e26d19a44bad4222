import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type AlfredEventName, createEventBus, noopLogger } from '@alfred/core'
import { afterEach, expect, it } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(config: AlfredConfig) {
  const events = createEventBus(noopLogger)
  const told: AlfredEventName[] = []
  for (const name of ['rate-limit.banned', 'load.shed', 'proxy.misconfigured'] as const) {
    events.on(name, () => told.push(name))
  }
  const guard = alfredHardening({ ...config, events })
  const waiting: (() => void)[] = []
  const server: Server = createServer((request: IncomingMessage, response) => {
    guard(request, response, () => {
      if (request.url === '/slow') waiting.push(() => response.end())
      else response.writeHead(request.url === '/login' ? 401 : 200).end()
    })
  })
  guard.hardenServer(server).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
    await guard.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(port)}${path}`, { headers })
  const status = async (path: string, headers?: Record<string, string>): Promise<number> =>
    (await ask(path, headers)).status
  return { ask, guard, port, server, status, told, waiting }
}

const proxied = (address: string) => ({ 'X-Forwarded-For': address })

it('refuses denied addresses and serves the others, and the probes to all', async () => {
  const { status } = await start({ trustProxy: 'loopback', rateLimit: { deny: ['203.0.113.0/24'] } })
  expect(await status('/', proxied('203.0.113.7'))).toBe(403)
  expect(await status('/livez', proxied('203.0.113.7'))).toBe(200)
  expect(await status('/', proxied('198.51.100.1'))).toBe(200)
})

it('bans who tries out passwords, before the keys are looked at', async () => {
  const { ask, status, told } = await start({ trustProxy: 'loopback', rateLimit: { bans: { after: 3 } } })
  for (let tried = 0; tried < 3; tried++) expect(await status('/login', proxied('203.0.113.7'))).toBe(401)
  const banned = await ask('/', proxied('203.0.113.7'))
  expect(banned.status).toBe(429)
  expect(Number(banned.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(await banned.json()).toMatchObject({
    type: 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
  })
  expect(await status('/', proxied('203.0.113.8'))).toBe(200)
  expect(told).toEqual(['rate-limit.banned'])
})

it('sheds what is too much, but no probe and nothing exempt', async () => {
  const { ask, status, told, waiting } = await start({ loadShedding: { maxInFlight: 1, exempt: '/pay' } })
  const slow = ask('/slow')
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const shed = await ask('/')
  expect(shed.status).toBe(503)
  expect(Number(shed.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await status('/livez')).toBe(200)
  expect(await status('/pay')).toBe(200)
  waiting[0]?.()
  await slow
  expect(told).toEqual(['load.shed'])
})

it.each<[string, AlfredConfig]>([
  ['with the limiter', {}],
  ['without it', { rateLimit: false }],
])('finds out that trustProxy does not fit, %s', async (_what, config) => {
  const { ask, guard, status, told } = await start(config)
  await status('/')
  expect(guard.health.snapshot().checks.map(({ name }) => name)).not.toContain('trust-proxy')
  expect(guard.check()).toEqual([])
  await status('/', proxied('203.0.113.7'))
  expect(guard.check()).toMatchObject([{ problem: 'untrusted-forwarded-for' }])
  expect(guard.check()[0]?.message).toContain('set trustProxy to the number of proxies, or to 127.0.0.1')
  expect(told).toEqual(['proxy.misconfigured'])
  expect(guard.health.snapshot().checks.map(({ name }) => name)).toContain('trust-proxy')
  await guard.health.ready()
  expect(await (await ask('/healthz')).json()).toMatchObject({ status: 'warn' })
})

it('hardens the server as the configuration says', async () => {
  const { port, server } = await start({ server: { headersTimeoutMs: 5000, maxConnectionsPerAddress: 1 } })
  expect(server).toMatchObject({ headersTimeout: 5000, requestTimeout: 60_000, keepAliveTimeout: 65_000 })
  const [first, second] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  closers.unshift(() => first.destroy())
  second.on('error', () => undefined)
  await new Promise((resolve) => second.once('close', resolve))
  expect(first.destroyed).toBe(false)
})

it('names what is wrong with any of it', () => {
  const config = {
    loadShedding: { maxInflight: 5 },
    server: { requestTimeoutMs: 0 },
    rateLimit: { deny: ['10.0.0.0/33'], bans: { after: 0 } },
  }
  expect(() => alfredHardening(config as unknown as AlfredConfig)).toThrow(
    /rateLimit\.deny\[0\][\s\S]*rateLimit\.bans\.after[\s\S]*loadShedding\.maxInflight: .*"maxInFlight"[\s\S]*server\.requestTimeoutMs/,
  )
})
