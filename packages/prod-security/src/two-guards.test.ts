import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import middie from '@fastify/middie'
import connect from 'connect'
import express from 'express'
import { fastify } from 'fastify'
import Koa from 'koa'
import koaMount from 'koa-mount'
import { afterEach, expect, it } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function guardOf(config: AlfredConfig): AlfredGuard {
  const guard = alfredHardening(config)
  closers.push(() => guard.close())
  return guard
}

/** One guard in front of everything, and one in front of `/inner`. */
async function start(outer: AlfredGuard, inner: AlfredGuard) {
  const app = express()
  app.use(outer)
  app.use('/inner', inner)
  app.use((_request, response) => void response.json('passed'))
  return listen(app.listen(0, '127.0.0.1'))
}

async function listen(server: Server) {
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return async (path: string, init?: RequestInit): Promise<number> => (await fetch(url + path, init)).status
}

/** Whether the guard passes a request on, for Koa. */
const passes = (guard: AlfredGuard, request: IncomingMessage, response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => {
    response.once('close', () => {
      resolve(false)
    })
    guard(request, response, () => {
      resolve(true)
    })
  })

const connectApps = (guard: AlfredGuard, rewrite: (url: string) => string = (url) => url): Server => {
  const [app, inner] = [connect(), connect()]
  inner.use(guard).use((_request, response) => {
    response.end()
  })
  app.use(guard).use((request, _response, next) => {
    request.url = rewrite(request.url ?? '/')
    next()
  })
  return createServer(app.use('/inner', inner))
}

const koaApps = (guard: AlfredGuard): Server => {
  const [app, inner] = [new Koa(), new Koa()]
  const guarded: Koa.Middleware = async ({ req, res }, next) => {
    if (await passes(guard, req, res)) await next()
  }
  inner.use(guarded).use((context) => {
    context.body = ''
    context.status = 200
  })
  const listener = app.use(guarded).use(koaMount('/inner', inner)).callback()
  return createServer((request, response) => void listener(request, response))
}

const fastifyApp = async (guard: AlfredGuard): Promise<Server> => {
  const app = fastify()
  await app.register(middie)
  app.use(guard)
  app.use('/inner', guard)
  for (const path of ['/inner', '/inner/x']) app.get(path, () => '')
  await app.ready()
  return app.server
}

const expressApps = (guard: AlfredGuard): Server => {
  const app = express()
  app.use(guard)
  app.use('/inner', guard)
  return createServer((request, response) => {
    app(request as express.Request, response as express.Response, () => response.end())
  })
}

it.each<[string, (guard: AlfredGuard) => Server | Promise<Server>]>([
  ['Connect', connectApps],
  ['Koa with koa-mount', koaApps],
  ['Fastify with middie', fastifyApp],
  ['Express', expressApps],
])('one guard on an application and below it counts once: %s', async (_what, create) => {
  const server = await create(guardOf({ rateLimit: { policies: limit(3) } }))
  const ask = await listen(server.listen(0, '127.0.0.1'))
  const statuses: number[] = []
  for (const path of ['/inner/x', '/inner', '/inner/x?y=/inner', '/inner/x']) statuses.push(await ask(path))
  expect(statuses).toEqual([200, 200, 200, 429])
})

it('one guard on Connect judges a rewritten path that no mount can leave', async () => {
  // A limit of the new path alone: a request counts once in each policy.
  const [all] = limit(1)
  const guard = guardOf({ rateLimit: { policies: [{ ...all, match: '/new' }] } })
  const server = connectApps(guard, (url) => url.replace('/old', '/inner/new'))
  const ask = await listen(server.listen(0, '127.0.0.1'))
  expect([await ask('/old'), await ask('/old')]).toEqual([200, 429])
})

const local = ['127.0.0.1']
const limit = (count: number) => [{ name: 'all', limit: count, windowMs: 60_000, key: 'address' }] as const

it.each<[string, AlfredConfig['rateLimit'], AlfredConfig['rateLimit'], number[]]>([
  ['its own deny list', {}, { deny: local }, [200, 403]],
  ['its own deny list behind an allow list', { allow: local }, { deny: local }, [200, 403]],
  ['its own limit behind an allow list', { allow: local }, { policies: limit(1) }, [200, 200, 429]],
  ['its own allow list', { policies: limit(3) }, { allow: local, policies: limit(1) }, [200, 200, 200, 429]],
])('the second guard has %s', async (_what, outer, inner, expected) => {
  const ask = await start(guardOf({ rateLimit: outer }), guardOf({ rateLimit: inner }))
  const statuses = [await ask('/')]
  while (statuses.length < expected.length) statuses.push(await ask('/inner'))
  expect(statuses).toEqual(expected)
})

it('the second guard has its own bans', async () => {
  const outer = guardOf({ rateLimit: { policies: limit(100) } })
  const inner = guardOf({ rateLimit: { policies: limit(1), bans: { after: 2 } } })
  const ask = await start(outer, inner)
  const statuses: number[] = []
  for (let sent = 0; sent < 4; sent++) statuses.push(await ask('/inner'))
  expect(statuses).toEqual([200, 429, 429, 429])
  expect(await ask('/')).toBe(200)
})

it('the second guard reads who asks with its own trustProxy', async () => {
  const inner = guardOf({ trustProxy: 1, rateLimit: { policies: limit(1) } })
  const ask = await start(guardOf({ rateLimit: { policies: limit(9) } }), inner)
  const from = (address: string): RequestInit => ({ headers: { 'X-Forwarded-For': address } })
  const statuses: number[] = []
  for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.1'])
    statuses.push(await ask('/inner', from(address)))
  expect(statuses).toEqual([200, 200, 429])
})

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

it.each<[string, AlfredConfig['bodyGuard'], number]>([
  ['bytes', { maxBytes: 20 }, 413],
  ['depth', { maxDepth: 2 }, 400],
  ['media types', { contentTypes: ['application/merge-patch+json'], otherTypes: 'refuse' }, 415],
  ['nothing', {}, 200],
])('the second guard holds a body to its own limit of %s', async (_what, bodyGuard, expected) => {
  const ask = await start(guardOf({}), guardOf({ bodyGuard }))
  const body = post({ a: { b: { c: 'long enough for it' } } })
  expect(await ask('/', body)).toBe(200)
  expect(await ask('/inner', body)).toBe(expected)
})

it('the second guard does not take a key of the first one for its own', async () => {
  const keysOf = (prefix: string): AlfredGuard =>
    guardOf({
      clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey, prefix, required: '/' },
    })
  const clients = keysOf('cli')
  const operators = keysOf('ops')
  const ask = await start(clients, operators)
  const { secret } = await clients.clientKeys.create({ name: 'client' })
  const headers = { authorization: `Bearer ${secret.reveal()}` }
  expect(await ask('/', { headers })).toBe(200)
  expect(await ask('/inner', { headers })).toBe(401)
})

it('a guard that is mounted twice counts a request once', async () => {
  const guard = guardOf({
    rateLimit: { policies: limit(2) },
    loadShedding: { maxInFlight: 1, maxEventLoopDelayMs: false },
  })
  const ask = await start(guard, guard)
  expect([await ask('/inner'), await ask('/inner'), await ask('/inner')]).toEqual([200, 200, 429])
  await expect.poll(() => guard.loadShedding.inFlight).toBe(0)
  const { bytes } = await guard.metrics.expose()
  const counted = [...bytes.toString().matchAll(/^http_server_requests_total\{.*\} (\d+)$/gm)]
  expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3)
})

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
const keyed = (): AlfredGuard =>
  guardOf({ clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey, required: '/api' } })

/** What an application does to a URL between two mounts of its guard. */
const rewrite = (request: IncomingMessage): void => {
  request.url = request.url?.replace(/^\/en\//, '/api/') ?? '/'
}

it('judges a path that was rewritten between two mounts on Express', async () => {
  const guard = keyed()
  const app = express()
  app.use(guard)
  app.use((request, _response, next) => {
    rewrite(request)
    next()
  })
  app.use('/api', guard)
  app.use((_request, response) => void response.json('passed'))
  const ask = await listen(app.listen(0, '127.0.0.1'))
  expect([await ask('/en/secret'), await ask('/fr/secret'), await ask('/api/secret')]).toEqual([
    401, 200, 401,
  ])
})

it('judges a path that was rewritten between two calls on node:http', async () => {
  const guard = keyed()
  const server = createServer((request, response) => {
    guard(request, response, () => {
      rewrite(request)
      guard(request, response, () => response.end('passed'))
    })
  })
  const ask = await listen(server.listen(0, '127.0.0.1'))
  expect([await ask('/en/secret'), await ask('/fr/secret'), await ask('/api/secret')]).toEqual([
    401, 200, 401,
  ])
})

it('keeps the id that the outer guard gave a request', async () => {
  const ids: unknown[] = []
  const app = express()
  app.use(guardOf({}))
  app.use((_request, response, next) => {
    ids.push(response.getHeader('X-Request-Id'))
    next()
  })
  app.use(guardOf({}))
  app.use((_request, response) => {
    ids.push(response.getHeader('X-Request-Id'))
    response.end()
  })
  const ask = await listen(app.listen(0, '127.0.0.1'))
  await ask('/')
  expect(ids).toEqual([expect.any(String), ids[0]])
})
