import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { createTestCertificate, waitFor } from '@alfred/testkit'
import { createServer, get, type Server } from 'node:http'
import { createServer as createTlsServer, get as getByTls } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectByTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { hardenServer, type HardenServerOptions } from '../../src/index.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const times = {
  headersTimeoutMs: 600,
  requestTimeoutMs: 1200,
  keepAliveTimeoutMs: 500,
  handshakeTimeoutMs: 600,
  connectionsCheckingIntervalMs: 100,
}
/** How long after its time a connection may be cut, on a busy machine. */
const toleranceMs = 5000

const certificate = await createTestCertificate(['localhost'])

async function listen(server: Server, options: HardenServerOptions = {}) {
  const refused: AlfredEvents['server.connection-refused']['reason'][] = []
  const events = createEventBus(noopLogger)
  events.on('server.connection-refused', ({ reason }) => refused.push(reason))
  hardenServer(server, { ...times, events, ...options }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, refused }
}

const plain = (): Server =>
  createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end('served'))
  })
const encrypted = (): Server =>
  createTlsServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    request.resume()
    request.on('end', () => response.end('served'))
  })

/** The milliseconds until the other side ends a connection, and what it sent before. */
function untilCut(socket: Socket): Promise<{ ms: number; answer: string }> {
  const startedAt = performance.now()
  let answer = ''
  closers.push(() => socket.destroy())
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => (answer += text))
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve({ ms: performance.now() - startedAt, answer })
    })
  })
}

/** Sends `start`, then a byte from time to time, for as long as the server lets it. */
function drip(socket: Socket, start: string, byte: string): void {
  socket.write(start)
  const timer = setInterval(() => {
    if (socket.writable) socket.write(byte)
    else clearInterval(timer)
  }, 50)
  socket.once('close', () => {
    clearInterval(timer)
  })
}

const slowClients: Record<string, { readonly lastsMs: number; readonly attack: (socket: Socket) => void }> = {
  'sends its headers byte by byte': {
    lastsMs: times.headersTimeoutMs,
    attack: (socket) => {
      drip(socket, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', 'x')
    },
  },
  'sends its body byte by byte': {
    lastsMs: times.requestTimeoutMs,
    attack: (socket) => {
      drip(socket, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n', 'x')
    },
  },
  'opens a connection and sends nothing': { lastsMs: times.headersTimeoutMs, attack: () => undefined },
  'keeps a connection after its request': {
    lastsMs: times.keepAliveTimeoutMs,
    attack: (socket) => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
  },
}

it.each(
  Object.entries(slowClients).flatMap(([what, client]) =>
    (['plain', 'TLS'] as const).map((kind) => ({ what, kind, ...client })),
  ),
)(
  'cuts a client over $kind that $what, and serves a good one meanwhile',
  async ({ kind, lastsMs, attack }) => {
    const { port } = await listen(kind === 'TLS' ? encrypted() : plain())
    const open = (): Socket =>
      kind === 'TLS'
        ? connectByTls({ port, host: '127.0.0.1', servername: 'localhost', ca: certificate.cert })
        : connect({ port, host: '127.0.0.1' })
    const attackers = Array.from({ length: 20 }, () => {
      const socket = open()
      socket.once(kind === 'TLS' ? 'secureConnect' : 'connect', () => {
        attack(socket)
      })
      return untilCut(socket)
    })
    const ask = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const target = { port, host: '127.0.0.1', agent: false } as const
        const request =
          kind === 'TLS'
            ? getByTls({ ...target, servername: 'localhost', ca: certificate.cert })
            : get(target)
        request.on('response', (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        request.on('error', reject)
      })
    expect(await ask()).toBe(200)
    const cut = await Promise.all(attackers)
    for (const { ms } of cut) {
      expect(ms).toBeGreaterThan(lastsMs - 150)
      expect(ms).toBeLessThan(lastsMs + toleranceMs)
    }
    expect(await ask()).toBe(200)
  },
)

it('cuts a client that never finishes its TLS handshake', async () => {
  const { port } = await listen(encrypted())
  const silent = untilCut(connect({ port, host: '127.0.0.1' }))
  const { ms } = await silent
  expect(ms).toBeGreaterThan(times.handshakeTimeoutMs - 150)
  expect(ms).toBeLessThan(times.handshakeTimeoutMs + toleranceMs)
})

it('closes a connection after so many requests', async () => {
  const { port } = await listen(plain(), { maxRequestsPerSocket: 2 })
  const socket = connect({ port, host: '127.0.0.1' })
  const cut = untilCut(socket)
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  socket.write(request)
  await sleep(50)
  socket.write(request)
  const { answer } = await cut
  expect(answer.match(/HTTP\/1.1 200/g)).toHaveLength(2)
  expect(answer.match(/Connection: close/g)).toHaveLength(1)
})

it('takes no more headers than so many', async () => {
  let received: number | undefined
  const server = createServer((request, response) => {
    received = Object.keys(request.headers).length
    response.end()
  })
  const { port } = await listen(server, { maxHeadersCount: 20 })
  const socket = connect({ port, host: '127.0.0.1' })
  const lines = Array.from({ length: 60 }, (_, index) => `X-${String(index)}: 1\r\n`)
  const cut = untilCut(socket)
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join('')}\r\n`)
  const { answer } = await cut
  // Newer releases of Node refuse the request, older ones drop the rest.
  if (received === undefined) expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  else expect(received).toBe(20)
})

it('holds no more connections of one address than it may, and serves again when some are gone', async () => {
  const { port, refused } = await listen(plain(), { maxConnectionsPerAddress: 3 })
  const sockets = Array.from({ length: 5 }, () => connect({ port, host: '127.0.0.1' }))
  const ends = sockets.map(untilCut)
  await Promise.race(ends)
  await waitFor(() => refused.length === 2)
  expect(refused).toEqual(['per-address', 'per-address'])
  for (const socket of sockets) socket.destroy()
  await Promise.all(ends)
  await waitFor(
    () =>
      new Promise<boolean>((resolve) => {
        get({ port, host: '127.0.0.1', agent: false }, (response) => {
          response.resume()
          resolve(response.statusCode === 200)
        }).on('error', () => {
          resolve(false)
        })
      }),
  )
})

it('does not count exempt addresses, and holds no more connections in all than it may', async () => {
  const { port, refused } = await listen(plain(), {
    maxConnectionsPerAddress: 1,
    exempt: ['127.0.0.0/8'],
    maxConnections: 3,
  })
  const sockets = Array.from({ length: 4 }, () => connect({ port, host: '127.0.0.1' }))
  for (const socket of sockets) void untilCut(socket)
  await waitFor(() => refused.length === 1)
  expect(refused).toEqual(['total'])
})

it.each([
  ['an unknown one', { headerTimeoutMs: 5 }, 'Did you mean "headersTimeoutMs"'],
  [
    'headers that may take longer than the request',
    { headersTimeoutMs: 500, requestTimeoutMs: 100 },
    'CONFLICT',
  ],
  ['a network that is none', { exempt: ['10.0.0.0/64'] }, 'server.exempt[0]'],
])('refuses %s', (_what, options, message) => {
  expect(() => hardenServer(plain(), options as HardenServerOptions)).toThrow(message)
})
