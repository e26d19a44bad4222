/** Responses that are not what a layer expects: answered already, of HTTP/2, or without half of the methods. */
import { once } from 'node:events'
import { createServer, IncomingMessage, request as ask, type Server, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { type AddressInfo, Socket } from 'node:net'
import type { Middleware } from '@alfred/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAllowedHosts } from '../../src/origins/allowed-hosts.ts'
import { createCors } from '../../src/cors/cors.ts'
import { createCsrf } from '../../src/csrf/csrf.ts'
import { createCspReports } from '../../src/reports/csp-reports.ts'
import { createSecurityHeaders } from '../../src/headers/security-headers.ts'

const app = 'https://app.example.com'
const evil = 'https://evil.example'
const later = (): Promise<boolean> => new Promise((resolve) => setImmediate(resolve, true))

const layers: Record<string, () => Middleware> = {
  'headers, api': () => createSecurityHeaders({ preset: 'api' }),
  'headers, strict': () => createSecurityHeaders({ preset: 'strict' }),
  CORS: () => createCors({ origin: app, credentials: true }),
  'CORS with a promise': () => createCors({ origin: later, vary: ['x-tenant'] }),
  'CORS for everybody': () => createCors({ origin: '*' }),
  CSRF: () => createCsrf({ resourceIsolation: true }),
  'CSP reports': () => createCspReports({ path: '/', reportsPerSecond: 0.01, maxBytes: 10 }),
  'allowed hosts': () => createAllowedHosts({ hosts: ['app.example.com'] }),
}

interface Asked {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

const report = { 'content-type': 'application/csp-report' }
const preflight = { 'access-control-request-method': 'PUT' }
const requests: readonly Asked[] = [
  { method: 'GET', headers: {} },
  { method: 'GET', headers: { origin: app } },
  { method: 'POST', headers: { origin: app } },
  { method: 'POST', headers: { origin: evil, cookie: 'a=b' } },
  { method: 'POST', headers: { origin: evil, ...report } },
  { method: 'OPTIONS', headers: { origin: app, ...preflight } },
  { method: 'OPTIONS', headers: { origin: evil, ...preflight } },
  { method: 'POST', headers: report },
  { method: 'POST', headers: report },
]

async function listen(server: Http2Server | Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const statusOf = (port: number, { method, headers }: Asked): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const outgoing = ask({ port, host: '127.0.0.1', method, headers, agent: false }, (incoming) => {
      incoming.resume().once('close', () => {
        resolve(incoming.statusCode)
      })
    })
    outgoing.once('error', reject).end()
  })

describe.each(Object.entries(layers))('%s', (_name, create) => {
  it.each<[string, (response: ServerResponse) => unknown]>([
    ['an answer', (response) => response.end('done')],
    [
      'writeHead',
      (response) => {
        response.writeHead(200)
        setImmediate(() => response.end('done'))
      },
    ],
  ])('after %s neither throws nor hangs', async (_when, answer) => {
    const errors: unknown[] = []
    const layer = create()
    const server = createServer((request, response) => {
      answer(response)
      try {
        layer(request, response, (error) => errors.push(error ?? 'next'))
      } catch (error) {
        errors.push(error)
      }
    })
    const port = await listen(server)
    for (const asked of requests) {
      const outcome = await statusOf(port, asked).catch((error: unknown) => String(error))
      // A refusal that comes too late cuts the answer off.
      expect([200, 'Error: socket hang up', 'Error: aborted']).toContain(outcome)
    }
    expect(errors.filter((error) => error !== 'next')).toEqual([])
  })

  it('answers on HTTP/2, also when the stream is gone', async () => {
    const warnings: string[] = []
    const warn = ({ message }: Error): number => warnings.push(message)
    process.on('warning', warn)
    onTestFinished(() => {
      process.off('warning', warn)
    })
    const errors: unknown[] = []
    const layer = create()
    const server = createHttp2Server((request, response) => {
      const run = (): void => {
        try {
          layer(request as unknown as IncomingMessage, response as unknown as ServerResponse, (error) => {
            if (error !== undefined) errors.push(error)
            response.end('app')
          })
        } catch (error) {
          errors.push(error)
        }
      }
      if (request.url !== '/gone') {
        run()
        return
      }
      response.stream.once('close', run)
      response.stream.session?.destroy()
    })
    const port = await listen(server)
    for (const { method, headers } of requests) {
      for (const path of ['/', '/gone']) {
        const session = connect(`http://127.0.0.1:${String(port)}`)
        session.on('error', () => undefined)
        const stream = session.request({ ':method': method, ':path': path, ...headers })
        stream.on('error', () => undefined)
        stream.resume().end()
        await once(stream, 'close')
        if (path === '/') expect(stream.sentHeaders[':method']).toBe(method)
        session.destroy()
      }
    }
    expect(errors).toEqual([])
    expect(warnings).toEqual([])
  })

  /** What engine.io (packages/engine.io/lib/server.ts) gives to middleware of a handshake has these methods alone. */
  it('takes the response of a WebSocket handshake as engine.io makes it', async () => {
    for (const { method, headers } of requests.filter((asked) => asked.method === 'GET')) {
      const request = new IncomingMessage(new Socket())
      Object.assign(request, { method, url: '/', headers: { host: 'app.example.com', ...headers } })
      const fields: Record<string, unknown> = {}
      let ended = false
      const response = {
        setHeader: (name: string, value: unknown) => (fields[name] = value),
        getHeader: (name: string) => fields[name],
        removeHeader: (name: string) => Reflect.deleteProperty(fields, name),
        write: () => undefined,
        writeHead: () => undefined,
        end: () => (ended = true),
      }
      const outcome = await new Promise<unknown>((resolve) => {
        create()(request, response as unknown as ServerResponse, (error) => {
          resolve(error ?? 'passed')
        })
        if (ended) resolve('ended')
      })
      expect(['passed', 'ended']).toContain(outcome)
    }
  })
})

it('gives a WebSocket handshake the headers', () => {
  const request = new IncomingMessage(new Socket())
  Object.assign(request, { method: 'GET', url: '/socket.io/' })
  const fields = new Map<string, unknown>()
  const response = {
    setHeader: (name: string, value: unknown) => fields.set(name, value),
    getHeader: (name: string) => fields.get(name),
    writeHead: () => undefined,
  }
  let passed = false
  createSecurityHeaders({ preset: 'spa' })(
    request,
    response as unknown as ServerResponse,
    () => (passed = true),
  )
  expect(passed).toBe(true)
  expect(fields.get('x-content-type-options')).toBe('nosniff')
})
