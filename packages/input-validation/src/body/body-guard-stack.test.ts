import { createServer, type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { createFakeClock, listenOn } from '@alfred/testkit'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createBodyGuard } from './body-guard.ts'
import type { BodyGuardOptions } from './body-guard-options.ts'

type Parsed = IncomingMessage & { body?: unknown }

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return listenOn(server)
}

/** What the guard left in `req.body`, and what a reader behind it reads. */
async function serve(
  options?: BodyGuardOptions,
  before?: (request: Parsed) => Promise<unknown>,
): Promise<number> {
  const guard = createBodyGuard(options)
  return listen((request: Parsed, response) => {
    const answer = async (): Promise<void> => {
      await before?.(request)
      guard(request, response, (error) => {
        void text(request).then(
          (read) => response.end(JSON.stringify({ body: request.body, read, failed: error !== undefined })),
          () => undefined,
        )
      })
    }
    void answer()
  })
}

async function post(
  port: number,
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<readonly [number, unknown]> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  })
  return [response.status, await response.json()]
}

const form = 'application/x-www-form-urlencoded'

const formats = ['urlencoded', 'text', 'ndjson'] as const

it.each<[type: string, body: string, value: unknown]>([
  [form, 'a=1&b=x+y', { a: '1', b: 'x y' }],
  [`${form}; charset=UTF-8`, 'a=%C3%A4', { a: 'ä' }],
  ['text/plain; charset=us-ascii', 'hello', 'hello'],
  ['text/markdown', '# Title', '# Title'],
  ['application/x-ndjson', '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
  ['application/jsonl', '{"a":1}', [{ a: 1 }]],
  ['application/json', '{"a":1}', { a: 1 }],
])('reads %s where its format is named, and leaves it for other parsers', async (type, body, value) => {
  const port = await serve({ formats, otherTypes: 'refuse' })
  expect(await post(port, type, body)).toEqual([200, { body: value, read: body, failed: false }])
})

it.each<[type: string, body: string, status: number, code: string]>([
  [`${form}; charset=iso-8859-1`, 'a=%E4', 415, 'charset-unsupported'],
  [form, 'a=%E4', 400, 'invalid-utf8'],
  [form, '__proto__[a]=1', 400, 'forbidden-key'],
  [form, `a=${'x'.repeat(100)}`, 413, 'too-large'],
  ['application/x-ndjson', '{"a":1', 400, 'malformed'],
  ['image/png', 'x', 415, 'content-type-unsupported'],
])('refuses %s of %j where its format is named', async (type, body, status, code) => {
  const port = await serve({ formats, otherTypes: 'refuse', maxBytes: 100 })
  expect(await post(port, type, body)).toMatchObject([status, { code }])
})

it('undoes the encoding of a form', async () => {
  const port = await serve({ formats, contentEncodings: ['gzip'] })
  const [status, answer] = await post(port, form, gzipSync('a=1'), { 'content-encoding': 'gzip' })
  expect([status, answer]).toMatchObject([200, { body: { a: '1' } }])
  const refused = await post(port, form, 'a=1', { 'content-encoding': 'gzip' })
  expect(refused).toMatchObject([400, { code: 'content-encoding-malformed' }])
})

it.each([
  [form, 'a=1&b=2'],
  ['text/plain', 'hello'],
  ['multipart/form-data; boundary=b', '--b--\r\n'],
  ['application/x-ndjson', '{"a":1}\n{"a":2}\n'],
  ['application/octet-stream', '\0\u0001'],
])('%s passes to its reader', async (type, body) => {
  expect(await post(await serve(), type, body)).toEqual([200, { read: body, failed: false }])
})

it('a parser behind the guard reads JSON again', async () => {
  expect(await post(await serve(), 'application/json', '{"a":1}')).toEqual([
    200,
    { body: { a: 1 }, read: '{"a":1}', failed: false },
  ])
})

it('reads what arrived while layers before it waited', async () => {
  const port = await serve({}, async (request) => {
    while (!request.complete) await nextTurn()
  })
  const body = JSON.stringify({ text: 'x'.repeat(100_000) })
  const [status, json] = await post(port, 'application/json', '{"a":1}')
  expect([status, json]).toEqual([200, { body: { a: 1 }, read: '{"a":1}', failed: false }])
  // More than a stream holds: the connection stands still until somebody reads.
  const late = await serve({}, async (request) => {
    while (request.readableLength < request.readableHighWaterMark) await nextTurn()
  })
  expect(await post(late, 'application/json', body)).toMatchObject([200, { read: body }])
})

it('takes over what another parser has read, and holds it to the limits', async () => {
  const read = async (request: Parsed): Promise<void> => {
    const value: unknown = JSON.parse(await text(request))
    request.body = value
  }
  const port = await serve({ maxDepth: 2 }, read)
  expect(await post(port, 'application/json', '{"a":1}')).toMatchObject([200, { body: { a: 1 } }])
  expect(await post(port, 'application/json', '[[[]]]')).toMatchObject([400, { code: 'too-deep' }])
  expect(await post(port, 'application/json', '{"constructor":{"prototype":1}}')).toMatchObject([400, {}])
})

it('never waits for a body that somebody has read and kept', async () => {
  const warn = vi.fn()
  const quiet = () => undefined
  const logger = { trace: quiet, debug: quiet, info: quiet, warn, error: quiet, fatal: quiet }
  const guard = createBodyGuard({ logger })
  const port = await listen((request, response) => {
    void buffer(request).then(() => {
      guard(request, response, (error) => response.end(JSON.stringify({ failed: error !== undefined })))
    })
  })
  expect(await post(port, 'application/json', '{}')).toEqual([200, { failed: false }])
  expect(warn).toHaveBeenCalledOnce()
})

it.each([
  ['declared', 1000, 200],
  ['declared', 1001, 413],
  ['chunked', 1000, 200],
  ['chunked', 1001, 413],
])('an upload of %s %d bytes → %d', async (framing, bytes, status) => {
  const port = await serve({ maxOtherBytes: 1000 })
  const headers = { 'content-type': 'image/png', ...(framing === 'declared' && { 'content-length': bytes }) }
  const client = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers })
  const answered = once(client, 'response') as Promise<[IncomingMessage]>
  client.write(Buffer.alloc(900))
  client.end(Buffer.alloc(bytes - 900))
  const [answer] = await answered
  expect(answer.statusCode).toBe(status)
  answer.resume()
})

it('answers 413 to an upload that grows too large, and ends its reader without an end', async () => {
  const guard = createBodyGuard({ maxOtherBytes: 1000 })
  const reader = Promise.withResolvers<string>()
  const port = await listen((request, response) => {
    guard(request, response, () => {
      request.on('data', () => undefined).on('error', () => undefined)
      request.once('end', () => {
        reader.resolve('end')
      })
      request.once('close', () => {
        reader.resolve('close')
      })
    })
  })
  const client = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-type': 'image/png' },
  })
  client.on('error', () => undefined)
  const answered = once(client, 'response') as Promise<[IncomingMessage]>
  client.write(Buffer.alloc(900))
  client.write(Buffer.alloc(900))
  const [answer] = await answered
  client.end()
  expect([answer.statusCode, answer.headers.connection]).toEqual([413, 'close'])
  expect(await text(answer)).toContain('urn:alfred:problem:body-too-large')
  expect(await reader.promise).toBe('close')
})

it('lets what a handler answers after the 413 go nowhere', async () => {
  const guard = createBodyGuard({ maxOtherBytes: 1000 })
  const handled = Promise.withResolvers<unknown>()
  const port = await listen((request, response) => {
    guard(request, response, () => {
      request.on('error', () => undefined).resume()
      request.once('close', () => {
        // As the callback of a pipeline does, or a timer: what is thrown here nobody takes.
        try {
          response.setHeader('X-Late', 'yes')
          response.writeHead(500, { 'Content-Type': 'text/plain' }).write('late')
          response.end('answer')
          handled.resolve(undefined)
        } catch (error) {
          handled.resolve(error)
        }
      })
    })
  })
  const headers = { 'content-type': 'text/plain' }
  const client = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers })
  client.on('error', () => undefined)
  const answered = once(client, 'response') as Promise<[IncomingMessage]>
  client.write(Buffer.alloc(900))
  client.write(Buffer.alloc(900))
  const [answer] = await answered
  expect(answer.statusCode).toBe(413)
  expect(await text(answer)).not.toContain('late')
  client.destroy()
  expect(await handled.promise).toBeUndefined()
})

it('answers 408 to an upload that takes too long', async () => {
  const clock = createFakeClock()
  const guard = createBodyGuard({ otherTimeoutMs: 5000, clock })
  const port = await listen((request, response) => {
    guard(request, response, () => request.resume())
    clock.advance(5000)
  })
  const client = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-type': 'image/png' },
  })
  client.on('error', () => undefined)
  client.write('some')
  const [answer] = (await once(client, 'response')) as [IncomingMessage]
  expect(answer.statusCode).toBe(408)
  client.destroy()
  await vi.waitFor(() => {
    expect(clock.pendingTimers).toBe(0)
  })
})

it('leaves no timer and no listener behind on a connection that is used again', async () => {
  const clock = createFakeClock()
  const guard = createBodyGuard({ clock })
  const listeners: number[] = []
  const port = await listen((request, response) => {
    guard(request, response, () => {
      void text(request).then(() => {
        listeners.push(request.socket.listenerCount('close'))
        response.end('{}')
      })
    })
  })
  for (let sent = 0; sent < 4; sent++) await post(port, 'text/plain', 'hello')
  expect(clock.pendingTimers).toBe(0)
  expect(new Set(listeners).size).toBe(1)
})

it.each([
  ['gzip, chunked', 501],
  ['chunked', 200],
])('Transfer-Encoding: %s → %d', async (coding, status) => {
  const port = await serve()
  const client = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'transfer-encoding': coding },
  })
  const answered = once(client, 'response') as Promise<[IncomingMessage]>
  client.end('0\r\n\r\n')
  const [answer] = await answered
  expect(answer.statusCode).toBe(status)
  answer.resume()
})

const compressed = { 'content-encoding': 'gzip' }
const zip = (body: string): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(body))

it.each<[string, Uint8Array<ArrayBuffer>, number, unknown]>([
  ['JSON', zip('{"a":1}'), 200, { body: { a: 1 } }],
  ['a forbidden member', zip('{"__proto__":1}'), 400, { code: 'forbidden-key' }],
  ['too much', zip(JSON.stringify(['x'.repeat(2 ** 20)])), 413, { code: 'too-large' }],
  ['a bomb within the bytes', zip(JSON.stringify(['x'.repeat(900_000)])), 413, { code: 'too-large' }],
  ['no gzip', new Uint8Array(deflateSync('{}')), 400, { code: 'content-encoding-malformed' }],
])('contentEncodings undoes gzip: %s', async (_what, body, status, json) => {
  const port = await serve({ contentEncodings: ['gzip'] })
  expect(await post(port, 'application/json', body, compressed)).toMatchObject([status, json])
})

it('tells which encodings it accepts', async () => {
  const port = await serve({ contentEncodings: ['gzip'] })
  const response = await fetch(`http://127.0.0.1:${String(port)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'br' },
    body: 'x',
  })
  expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity, gzip'])
})
