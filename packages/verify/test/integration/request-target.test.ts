import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createHttp2Server, type OutgoingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import middie from '@fastify/middie'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { noopLogger } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AlfredConfig, alfredHardening, type AlfredGuard } from '@alfred/prod-security'
import { startRaw } from '../../src/targets/send-raw.ts'

type Start = (guard: AlfredGuard) => Server | Promise<Server>

const expressOf =
  (create: typeof express): Start =>
  (guard) => {
    const app = create()
    const api = create.Router()
    api.all('/secret', (_request, response) => void response.end('secret'))
    api.all('/alfred/providers', (_request, response) => void response.end('secret'))
    api.all('/status', (_request, response) => void response.end('status'))
    api.all('/public', (_request, response) => void response.end('public'))
    app.use(guard)
    app.use('/api', api)
    app.all('/login', (_request, response) => void response.end('login'))
    app.all('/public', (_request, response) => void response.end('public'))
    app.use((_request, response) => void response.status(404).end())
    return createServer(app)
  }

const routes: Readonly<Record<string, string>> = {
  '/api/secret': 'secret',
  '/api/alfred/providers': 'secret',
  '/api/status': 'status',
  '/login': 'login',
  '/public': 'public',
}

const plain: Start = (guard) =>
  createServer((request, response) => {
    guard(request, response, () => {
      const found = routes[URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '']
      response.statusCode = found === undefined ? 404 : 200
      response.end(found)
    })
  })

const hono: Start = (guard) => {
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const [path, body] of Object.entries(routes)) app.all(path, (context) => context.text(body))
  const listener = getRequestListener(app.fetch)
  return createServer((request, response) => {
    guard(request, response, () => void listener(request, response))
  })
}

const fastifyWith =
  (useMiddie: boolean): Start =>
  async (guard) => {
    const app = fastify()
    if (useMiddie) {
      await app.register(middie)
      app.use(guard)
    } else {
      app.addHook('onRequest', (request, reply, done) => {
        guard(request.raw, reply.raw, (error) => {
          done(error instanceof Error ? error : undefined)
        })
      })
    }
    for (const [path, body] of Object.entries(routes)) app.all(path, () => body)
    await app.ready()
    return app.server
  }

const servers: Readonly<Record<string, Start>> = {
  'Express 5': expressOf(express),
  'Express 4': expressOf(express4),
  'node:http': plain,
  Hono: hono,
  'Fastify, hook': fastifyWith(false),
  'Fastify, middie': fastifyWith(true),
}

const keyEncryptionKey = keyEncryptionKeyFromBase64(randomBytes(32).toString('base64'))

async function start(name: string, config: AlfredConfig) {
  const guard = alfredHardening(config)
  const server = await servers[name]?.(guard)
  if (!server) throw new Error(`no server of the name ${name}`)
  const send = await startRaw(server)
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await guard.close()
  })
  await guard.ready()
  return { guard, send }
}

const get = (target: string, ...fields: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\n${['Host: localhost', 'Connection: close', ...fields].join('\r\n')}\r\n\r\n`

describe.each(Object.keys(servers))('%s', (name) => {
  it('asks for a key under every spelling of a protected path, and for what the table of attacks did', async () => {
    const { guard, send } = await start(name, {
      clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey, optional: '/api/status' },
      rateLimit: false,
    })
    const key = (await guard.clientKeys.create({ name: 'test' })).secret.reveal()
    const answers: Record<string, number[]> = {}
    const targets = [
      'http:///api/alfred/providers',
      'http://x:99999/api/secret',
      'http://x/api/secret/../../public',
      'http://aaaa/api/public/aaaa/secret',
      'http://x?/api/secret',
      'http://user@x/api/secret',
      '/api/secret#a',
      '/%61pi/secret',
      '/x/../api/secret',
      '/x/%2e%2e/api/secret',
      '//x/api/secret',
      '/\\x/api/secret',
      '/API/secret',
      '/api;a/secret',
      '/api/status/../secret',
      '/api/status/%2e%2e/secret',
      '/api/status;/../secret',
    ]
    for (const target of targets) {
      const { status, body } = await send(get(target))
      expect(body, target).not.toBe('secret')
      ;(answers[String(status)] ??= []).push(targets.indexOf(target))
    }
    expect(Object.keys(answers)).toEqual(['400', '401'])
    expect((await send(get('/api/status'))).body).toBe('status')
    expect((await send(get('/api/secret'))).status).toBe(401)
    expect((await send(get('/api/secret', `X-API-Key: ${key}`))).body).toBe('secret')
    expect((await send(get('http://x.example/api/secret', `X-API-Key: ${key}`))).body).toBe('secret')
    expect((await send(get('http://x.example/public'))).body).toBe('public')
  })

  it('counts every spelling of a path, and refuses a fragment', async () => {
    const { send } = await start(name, {
      rateLimit: {
        policies: [{ name: 'login', limit: 1, windowMs: 60_000, key: 'address', match: '/login' }],
      },
    })
    expect((await send(get('/login#a'))).status).toBe(400)
    expect((await send(get('/login'))).body).toBe('login')
    for (const target of ['/login', '/LOGIN', '/%6cogin', '/x/../login', '//x/login', 'http://x/login']) {
      expect((await send(get(target))).status, target).toBe(429)
    }
  })

  it('refuses two Host fields and a Host that is none, takes HTTP/1.0 without one', async () => {
    const { guard, send } = await start(name, { rateLimit: false })
    const refused = vi.fn()
    guard.events.on('request.refused', refused)
    for (const host of ['Host: a\r\nHost: b', 'Host: x/../evil', 'Host: u@x', 'Host:', 'Host: x:99999']) {
      const { status, body } = await send(`GET /public HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)
      expect(status, host).toBe(400)
      expect(JSON.parse(body)).toMatchObject({ type: 'urn:alfred:problem:invalid-host', status: 400 })
    }
    expect(refused.mock.calls).toEqual(Array.from({ length: 5 }, () => [{ reason: 'host' }]))
    // Hono wants a Host whatever the version.
    const { status } = await send('GET /public HTTP/1.0\r\n\r\n')
    expect(status).toBe(name === 'Hono' ? 400 : 200)
    expect((await send('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).body).not.toContain(
      'invalid',
    )
  })

  it('answers for allowed hosts alone', async () => {
    const { send } = await start(name, {
      rateLimit: false,
      trustProxy: 1,
      allowedHosts: ['app.example', '*.b.example:8080'],
    })
    const statusOf = async (host: string, field = 'X-Forwarded-Host: app.example') =>
      (await send(`GET /public HTTP/1.1\r\nHost: ${host}\r\n${field}\r\nConnection: close\r\n\r\n`)).status
    expect(await statusOf('app.example')).toBe(200)
    expect(await statusOf('APP.example.:3000')).toBe(200)
    expect(await statusOf('x.b.example:8080')).toBe(200)
    expect(await statusOf('localhost:3000')).toBe(200)
    expect(await statusOf('127.0.0.1:3000')).toBe(200)
    expect(await statusOf('[::1]:3000')).toBe(200)
    expect(await statusOf('evil.example:3000')).toBe(421)
    expect(await statusOf('x.b.example')).toBe(421)
    expect(await statusOf('b.example:8080')).toBe(421)
    expect(await statusOf('app.example.evil')).toBe(421)
    expect(
      (
        await send(
          'GET http://evil.example/public HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n',
        )
      ).status,
    ).toBe(421)
  })
})

it('hints once at the start that hosts are not listed', () => {
  const info = vi.fn()
  const build = (allowedHosts?: false | readonly string[]) => {
    const guard = alfredHardening({ logger: { ...noopLogger, info }, allowedHosts })
    onTestFinished(() => guard.close())
  }
  build()
  expect(info.mock.calls.filter(([, message]) => String(message).startsWith('allowedHosts'))).toHaveLength(1)
  info.mockClear()
  build(false)
  build(['app.example'])
  expect(info).not.toHaveBeenCalled()
})

it('refuses upgrades whose Host or target the stack refuses, and leaves others to the application', async () => {
  const guard = alfredHardening({ allowedHosts: ['app.example'] })
  const server = guard.hardenServer(createServer())
  server.on('upgrade', (_request: IncomingMessage, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })
  const send = await startRaw(server)
  onTestFinished(async () => {
    server.close()
    await guard.close()
  })
  const upgrade = (target: string, host: string): string =>
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  expect((await send(upgrade('/socket', 'app.example'))).status).toBe(101)
  expect((await send(upgrade('/socket', 'evil.example:3000'))).status).toBe(400)
  expect((await send(upgrade('http:///socket', 'app.example'))).status).toBe(400)
})

describe('HTTP/2', () => {
  it.each<[string, OutgoingHttpHeaders, number]>([
    ['an allowed authority', { ':authority': 'app.example' }, 200],
    ['another one', { ':authority': 'evil.example' }, 421],
    ['the same host twice', { ':authority': 'app.example', host: 'app.example' }, 200],
    ['two hosts', { ':authority': 'app.example', host: 'localhost' }, 400],
    ['a protected path', { ':authority': 'app.example', ':path': '/x/../api' }, 401],
  ])('%s', async (_name, headers, expected) => {
    const guard = alfredHardening({
      allowedHosts: ['app.example'],
      clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey },
    })
    await guard.ready()
    const server = createHttp2Server((request, response) => {
      // Compatible at run time: `node:http` types are what middleware is written for.
      guard(request as unknown as IncomingMessage, response as never, () => response.end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
    onTestFinished(async () => {
      client.destroy()
      server.close()
      await guard.close()
    })
    const stream = client.request(headers)
    const [answer] = (await once(stream, 'response')) as [{ ':status': number }]
    expect(answer[':status']).toBe(expected)
  })
})
