import { type AlfredEventName, createEventBus, noopLogger, requestContext } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { createServer, type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  createMemoryStore,
  createRateLimiter,
  type MemoryStore,
  type RateLimitOptions,
  type RateLimitPolicy,
  type RateLimitStore,
} from '../src/index.ts'

export const clock = createFakeClock()
export const policy = (changes: Partial<RateLimitPolicy> = {}): RateLimitPolicy => ({
  name: 'a',
  limit: 2,
  windowMs: 60_000,
  key: 'address',
  onStoreError: 'allow',
  ...changes,
})

/** A store that answers later, as one over the network does, and can be made to fail. */
export function createRemoteStore(inner: MemoryStore = createMemoryStore({ clock })) {
  const state = { calls: 0, down: false }
  const store: RateLimitStore = {
    ...inner,
    prepare(rules) {
      const take = inner.prepare(rules)
      return (subject, costs) => {
        state.calls++
        return state.down ? Promise.reject(new Error('down')) : Promise.resolve(take(subject, costs))
      }
    },
    edit: (edit) => {
      if (state.down) return Promise.reject(new Error('down'))
      inner.edit(edit)
      return Promise.resolve()
    },
    watch: () => ({ hears: true, close: () => undefined }),
  }
  return { store, state }
}

export function setUp(options: RateLimitOptions) {
  const events = createEventBus(noopLogger)
  const told: [AlfredEventName, object][] = []
  for (const name of ['rate-limit.denied', 'rate-limit.shadow-denied', 'rate-limit.key-missing'] as const) {
    events.on(name, (event) => told.push([name, event]))
  }
  const limiter = createRateLimiter({ store: createMemoryStore({ clock }), clock, events, ...options })
  onTestFinished(() => limiter.close())
  return { limiter, told }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Listens until the test is over. */
export async function listen(listener: RequestListener, socketPath?: string) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve))
  })
  if (socketPath !== undefined) return { socketPath }
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** Serves with the limiter in front, and returns a function that asks. */
export async function serve(
  { limiter }: Pick<ReturnType<typeof setUp>, 'limiter'>,
  { socketPath, identify }: { socketPath?: string; identify?: boolean } = {},
) {
  const target = await listen((request, response) => {
    const user = request.headers['x-user']
    if (identify && typeof user === 'string') requestContext(request).identity = { kind: 'user', id: user }
    limiter.middleware(request, response, (error) => {
      response.statusCode = error === undefined ? 200 : 500
      response.end('ok')
    })
  }, socketPath)
  return (path = '/api', headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest({ ...target, path, headers, method, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
}

export const statuses = (replies: readonly Reply[]): number[] => replies.map(({ status }) => status)
