import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ErrorMiddleware, Middleware } from '@alfred/core'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import express from 'express'
import express4 from 'express4'
import { z } from 'zod'
import { type AlfredConfig, alfredHardening } from '@alfred/prod-security'
import type { Framework } from '../../../prod-security/test/support/frameworks.ts'
import { weakGuard } from './weak-guard.ts'

/** What only a client with a key may read. */
export const secretText = 'the-secret-of-the-admin'

/** A server that is attacked. */
export interface AttackedServer {
  readonly port: number
  /** A valid key. */
  readonly key: string
  close(): Promise<void>
}

interface Guarded {
  readonly middleware: Middleware
  readonly validate: Middleware
  readonly errorHandler: ErrorMiddleware
  readonly key: string
  close(): Promise<void>
}

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))

/** The whole stack as an application has it. */
const stack = (): AlfredConfig => ({
  trustProxy: 'loopback',
  clientKeys: { required: ['/admin', '/api'], store: createMemoryClientKeyStore(), keyEncryptionKey },
  cors: { origin: ['https://app.example.com'], credentials: true },
  bodyGuard: { maxBytes: 1024, otherTypes: 'refuse' },
  metrics: { access: 'open' },
  rateLimit: { policies: [{ name: 'all', key: 'address', limit: 1000, windowMs: 60_000, match: '/' }] },
})

async function hardened(config: AlfredConfig | undefined): Promise<Guarded> {
  const guard = alfredHardening({ ...stack(), ...config })
  await guard.ready()
  const { secret } = await guard.clientKeys.create({ name: 'ours' })
  return {
    middleware: guard,
    validate: guard.validate({ body: z.strictObject({ name: z.string() }) }),
    errorHandler: guard.errorHandler,
    key: secret.reveal(),
    close: () => guard.close(),
  }
}

const readSecret = (_request: IncomingMessage, response: ServerResponse): void => {
  response.end(secretText)
}

/** Says that it ran, and what the guard left it of the body. */
function echo(request: IncomingMessage & { readonly body?: unknown }, response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ ran: true, body: request.body }))
}

const onExpress =
  (createApp: () => express.Express) =>
  ({ middleware, validate, errorHandler }: Guarded): RequestListener => {
    const app = createApp()
    app.use(middleware)
    app.use('/admin', readSecret)
    app.use('/api', readSecret)
    app.post('/validated', validate, echo)
    app.use(echo)
    app.use(errorHandler)
    return app
  }

/** The most forgiving reading of a path that any router has: decoded, without parameters, dots and empty segments. */
function forgivingPath(target: string): string {
  const origin = /^[a-z]+:\/\/[^/]*/i.exec(target)?.[0] ?? ''
  const text = (target.slice(origin.length).split(/[?#]/, 1)[0] ?? '').replaceAll('\\', '/')
  const segments: string[] = []
  for (const raw of text.split('/')) {
    let segment = raw.split(';', 1)[0] ?? ''
    try {
      segment = decodeURIComponent(segment)
    } catch {
      // Stays as it is.
    }
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(...segment.split('/'))
  }
  return `/${segments.join('/')}`.toLowerCase()
}

const onNode =
  ({ middleware, validate, errorHandler }: Guarded): RequestListener =>
  (request, response) => {
    const fail = (error: unknown): void => {
      errorHandler(error, request, response, () => undefined)
    }
    middleware(request, response, (error) => {
      if (error !== undefined) fail(error)
      else if (/^\/(?:admin|api)(?:\/|$)/.test(forgivingPath(request.url ?? '')))
        readSecret(request, response)
      else if (request.url === '/validated') {
        validate(request, response, (invalid) => {
          if (invalid === undefined) echo(request, response)
          else fail(invalid)
        })
      } else echo(request, response)
    })
  }

const hosts: Readonly<Record<Framework, (guarded: Guarded) => RequestListener>> = {
  'Express 5': onExpress(express),
  // What the application above uses of Express is the same in both, which their types do not know.
  'Express 4': onExpress(express4),
  'node:http': onNode,
}

/** Starts the application behind the hardened stack, or behind a guard with the faults of the advisories. */
export async function startAttacked(
  framework: Framework,
  guard: 'hardened' | 'weak',
  config?: AlfredConfig,
): Promise<AttackedServer> {
  const guarded = guard === 'weak' ? weakGuard : await hardened(config)
  const server = createServer(hosts[framework](guarded)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    key: guarded.key,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await guarded.close()
    },
  }
}
