import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import express from 'express'
import express4 from 'express4'
import { afterEach, expect, it } from 'vitest'
import type { AlfredGuard } from './alfred-guard.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const clients = 10

/** Answers `/` and leaves `/waits` open. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/waits') response.write('begun')
  else response.end('answered')
}

const onExpress =
  (createApp: () => express.Express) =>
  (guard: AlfredGuard): RequestListener =>
    createApp().use(guard).use(answer)

const hosts = {
  'Express 5': onExpress(express),
  // What is used of Express here is the same in both, which their types do not know.
  'Express 4': onExpress(express4 as unknown as typeof express),
  'node:http': (guard: AlfredGuard): RequestListener => {
    return (request, response) => {
      guard(request, response, () => {
        answer(request, response)
      })
    }
  },
}

async function start(host: keyof typeof hosts) {
  const spans = { started: 0, exporter: new InMemorySpanExporter() }
  const tracerProvider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => (spans.started += 1),
        onEnd: () => undefined,
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
      new SimpleSpanProcessor({ exporter: spans.exporter }),
    ],
  })
  let arrived = 0
  const guard = alfredHardening({
    tracing: { tracerProvider },
    csrf: false,
    loadShedding: { maxEventLoopDelayMs: false, maxInFlight: clients * 3 },
    rateLimit: {
      policies: [
        { name: 'open', algorithm: 'concurrency', limit: clients * 3, windowMs: 30_000, key: 'address' },
      ],
    },
    cors: {
      // What comes behind CORS sees these requests when their client is gone.
      origin: {
        check: (_origin, { socket }) =>
          new Promise((resolve) => {
            arrived += 1
            socket.once('close', () => {
              resolve(true)
            })
          }),
      },
    },
  })
  const listener = hosts[host](guard)
  const server = createServer((request, response) => {
    if (request.headers.origin === undefined) arrived += 1
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
    await guard.close()
  })
  const held = async () => {
    const { bytes } = await guard.metrics.expose(undefined)
    const [, active] = /^http_server_active_requests (\d+)$/m.exec(bytes.toString()) ?? []
    return {
      shedder: guard.loadShedding.inFlight,
      leases: clients * 3 - (await guard.rateLimit.get('open', '127.0.0.1')).remaining,
      gauge: Number(active),
      spans: spans.started - spans.exporter.getFinishedSpans().length,
    }
  }
  return { port: (server.address() as AddressInfo).port, held, arrived: () => arrived, spans }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const late = 'GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\n\r\n'
const post =
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"'

/** What each client sends before it hangs up, and how many requests that is. */
const moments: readonly (readonly [string, string, number])[] = [
  ['before the layers are through', late, 1],
  ['while its body is read', post, 1],
  ['while the handler writes', get('/waits'), 1],
  ['while its request waits behind another', get('/waits') + get('/') + get('/waits'), 3],
]

it.each(
  Object.keys(hosts).flatMap((host) =>
    moments.map(([moment, text, requests]) => [host as keyof typeof hosts, moment, text, requests] as const),
  ),
)('on %s nothing is held for a client that hung up %s', async (host, _moment, text, requests) => {
  const { port, held, arrived, spans } = await start(host)
  const sockets = Array.from({ length: clients }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined).write(text)
  await expect.poll(arrived, { interval: 5 }).toBe(clients * requests)
  for (const socket of sockets) socket.destroy()
  const nothing = { shedder: 0, leases: 0, gauge: 0, spans: 0 }
  await expect.poll(held, { interval: 5, timeout: 4000 }).toEqual(nothing)
  expect(spans.started).toBe(clients * requests)
})

it.each(Object.keys(hosts) as (keyof typeof hosts)[])('on %s nothing is held after answers', async (host) => {
  const { port, held } = await start(host)
  await Promise.all(
    Array.from({ length: clients }, () =>
      fetch(`http://127.0.0.1:${String(port)}/`).then((got) => got.text()),
    ),
  )
  await expect.poll(held, { interval: 5 }).toEqual({ shedder: 0, leases: 0, gauge: 0, spans: 0 })
})
