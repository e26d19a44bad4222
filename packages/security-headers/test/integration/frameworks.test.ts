import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, type ErrorMiddleware, problemType, sendProblem } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createCors } from '../../src/cors/cors.ts'
import { createCspReports } from '../../src/reports/csp-reports.ts'
import { createCsrf } from '../../src/csrf/csrf.ts'
import { nonce } from '../../src/csp/nonce.ts'
import { createSecurityHeaders } from '../../src/headers/security-headers.ts'

const app = 'https://app.example.com'

const layers = () => [
  createSecurityHeaders({ preset: 'spa', trustProxy: 'loopback' }),
  createCors({ origin: [app], credentials: true }),
  createCspReports(),
  createCsrf({ trustedOrigins: [app] }),
]

const failure = { type: problemType('internal-error'), status: 500, title: 'Internal error' }

const answerError: ErrorMiddleware = (_error, request, response, next) => {
  sendProblem(request, response, failure)
  if (!response.headersSent) next()
}

function expressApp(create: typeof express): RequestListener {
  const server = create()
  for (const layer of layers()) server.use(layer)
  server.get('/', (_request, response) => {
    response.send(`<script nonce="${nonce(response) ?? ''}">start()</script>`)
  })
  server.get('/api/items', (_request, response) => {
    response.json({ items: [] })
  })
  server.get('/cached', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=60').send('x')
  })
  server.post('/api/items', (_request, response) => {
    response.status(201).json({})
  })
  server.get('/fails', () => {
    throw new Error('secret of the database')
  })
  server.get('/fails-later', (_request, _response, next) => {
    setImmediate(() => {
      next(new Error('secret of the database'))
    })
  })
  server.use(answerError)
  return server
}

function plainApp(): RequestListener {
  const layer = compose(layers())
  return (request, response) => {
    layer(request, response, () => {
      const { method = '', url = '' } = request
      if (method === 'POST') response.writeHead(201, { 'Content-Type': 'application/json' }).end('{}')
      else if (url === '/api/items') response.end('{"items":[]}')
      else if (url === '/cached') response.writeHead(200, { 'Cache-Control': 'public, max-age=60' }).end('x')
      else if (url.startsWith('/fails')) sendProblem(request, response, failure)
      else response.end(`<script nonce="${nonce(response) ?? ''}">start()</script>`)
    })
  }
}

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function start(listener: RequestListener) {
  const listening = createServer(listener)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${String(port)}${path}`, init)
}

describe.each<[string, () => RequestListener]>([
  ['Express 5', () => expressApp(express)],
  ['Express 4', () => expressApp(express4)],
  ['node:http', plainApp],
])('%s', (_name, create) => {
  it('sends a page with the nonce its policy names, out of every cache', async () => {
    const get = await start(create())
    const response = await get('/')
    const [, value = ''] = /nonce="([^"]+)"/.exec(await response.text()) ?? []
    expect(response.headers.get('content-security-policy')).toContain(`'nonce-${value}'`)
    expect(value).toHaveLength(24)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-powered-by')).toBeNull()
    expect(response.headers.get('strict-transport-security')).toBeNull()
  })

  it('sends HSTS where the trusted proxy says TLS', async () => {
    const get = await start(create())
    const response = await get('/', { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
    expect(response.headers.get('content-security-policy')).toContain('upgrade-insecure-requests')
  })

  it('stores no API response, and leaves a Cache-Control of the app', async () => {
    const get = await start(create())
    expect((await get('/api/items')).headers.get('cache-control')).toBe('no-store')
    expect((await get('/cached')).headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('answers preflights and actions of the allowed origin', async () => {
    const get = await start(create())
    const preflight = await get('/api/items', {
      method: 'OPTIONS',
      headers: { Origin: app, 'Access-Control-Request-Method': 'POST' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, app])
    const action = await get('/api/items', {
      method: 'POST',
      headers: { Origin: app, 'Sec-Fetch-Site': 'cross-site' },
    })
    expect([action.status, action.headers.get('access-control-allow-origin')]).toEqual([201, app])
  })

  it('refuses actions of other origins with every header in place', async () => {
    const get = await start(create())
    const response = await get('/api/items', {
      method: 'POST',
      headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.headers.get('vary')).toBe('Origin')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each(['/fails', '/fails-later'])('keeps its headers on an error: %s', async (path) => {
    const get = await start(create())
    const response = await get(path, { headers: { Origin: app } })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
    expect(response.headers.get('content-security-policy')).toContain("'strict-dynamic'")
    expect(response.headers.get('permissions-policy')).toContain('camera=()')
    expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(response.headers.get('access-control-allow-origin')).toBe(app)
    expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(response.headers.get('vary')).toContain('Origin')
  })

  it('takes CSP reports', async () => {
    const get = await start(create())
    const response = await get('/csp-reports', {
      method: 'POST',
      headers: { 'Content-Type': 'application/csp-report' },
      body: '{"csp-report":{"effective-directive":"img-src","blocked-uri":"inline"}}',
    })
    expect(response.status).toBe(204)
  })
})
