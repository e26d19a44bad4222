import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestListener,
  type Server,
} from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, measureHeldHeap } from '@alfred/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createBodyGuard } from './body-guard.ts'
import type { BodyGuardOptions } from './body-guard-options.ts'

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    }),
  )
})

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

type Parsed = IncomingMessage & { body?: unknown; _body?: boolean }

async function serve(options?: BodyGuardOptions): Promise<string> {
  const guard = createBodyGuard(options)
  const port = await listen((request: Parsed, response) => {
    guard(request, response, (error) => {
      if (error !== undefined) response.statusCode = 500
      response.end(JSON.stringify({ body: request.body, read: request._body ?? false }))
    })
  })
  return `http://127.0.0.1:${String(port)}`
}

interface Answer {
  status: number
  type: string | null
  json: unknown
}

async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: await response.json(),
  }
}

const prompts = [
  "SELECT * FROM users WHERE name = 'x' OR 1=1; DROP TABLE users --",
  '<script>alert(document.cookie)</script>',
  'eval(atob("YWxlcnQoMSk="))',
  'const map: Map<string, number> = new Map()',
  'كيف أكتب دالة بلغة بايثون؟',
  '👩‍👩‍👧‍👦 and 🏳️‍🌈',
  '\t  leading and trailing  \r\n',
]

it.each(prompts)('passes %j through unchanged', async (message) => {
  const url = await serve()
  expect(await post(url, JSON.stringify({ message }))).toMatchObject({
    status: 200,
    json: { body: { message }, read: true },
  })
})

it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string, string]>([
  [
    'no content type',
    new Uint8Array([0x7b, 0x7d]),
    {},
    415,
    'unsupported-content',
    'content-type-unsupported',
  ],
  ['text', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported-content', 'content-type-unsupported'],
  ['rubbish', '{}', { 'content-type': 'json;;;' }, 415, 'unsupported-content', 'content-type-unsupported'],
  [
    'other charset',
    '{}',
    { 'content-type': 'application/json; charset=utf-16' },
    415,
    'unsupported-content',
    'charset-unsupported',
  ],
  [
    'gzip',
    '{}',
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    415,
    'unsupported-content',
    'content-encoding-unsupported',
  ],
  [
    'too large',
    JSON.stringify('x'.repeat(2000)),
    { 'content-type': 'application/json' },
    413,
    'body-too-large',
    'too-large',
  ],
  [
    'invalid UTF-8',
    new Uint8Array([0x22, 0xc0, 0xaf, 0x22]),
    { 'content-type': 'application/json' },
    400,
    'invalid-body',
    'invalid-utf8',
  ],
  ['no JSON', '{"a":}', { 'content-type': 'application/json' }, 400, 'invalid-body', 'malformed'],
  ['a scalar', '"text"', { 'content-type': 'application/json' }, 400, 'invalid-body', 'not-structured'],
  ['null', 'null', { 'content-type': 'application/json' }, 400, 'invalid-body', 'not-structured'],
  ['too deep', '[[[[]]]]', { 'content-type': 'application/json' }, 400, 'invalid-body', 'too-deep'],
  ['long list', '[1,2,3,4,5]', { 'content-type': 'application/json' }, 400, 'invalid-body', 'array-too-long'],
  [
    'many keys',
    '{"a":1,"b":1,"c":1,"d":1,"e":1}',
    { 'content-type': 'application/json' },
    400,
    'invalid-body',
    'too-many-keys',
  ],
  [
    'a key twice',
    '{"a":1,"a":1}',
    { 'content-type': 'application/json' },
    400,
    'invalid-body',
    'duplicate-key',
  ],
  [
    '__proto__',
    '{"__proto__":{"admin":true}}',
    { 'content-type': 'application/json' },
    400,
    'invalid-body',
    'forbidden-key',
  ],
])('refuses %s', async (_name, body, headers, status, type, code) => {
  const events = createEventBus(noopLogger)
  const seen: unknown[] = []
  events.on('validation.rejected', (event) => seen.push(event))
  const limits = { maxBytes: 1000, maxDepth: 3, maxKeys: 4, maxArrayLength: 4 }
  const url = await serve({ ...limits, otherTypes: 'refuse', events })
  const answer = await post(url, body, headers)
  expect(answer).toMatchObject({
    status,
    type: 'application/problem+json',
    json: { status, type: `urn:alfred:problem:${type}`, code },
  })
  expect(seen).toEqual([{ status, code }])
})

it.each([
  ['application/json; charset=utf-8'],
  ['application/json; charset="UTF-8"'],
  ['Application/JSON'],
  ['application/reports+json'],
])('accepts %s', async (contentType) => {
  const url = await serve()
  expect(await post(url, '{"a":1}', { 'content-type': contentType })).toMatchObject({
    json: { body: { a: 1 } },
  })
})

it.each<[string, BodyGuardOptions]>([
  ['maxOtherBytes', { otherTypes: 'refuse', maxOtherBytes: 1000 }],
  ['otherTimeoutMs', { otherTypes: 'refuse', otherTimeoutMs: 1000 }],
  ['maxInflateRatio', { maxInflateRatio: 10 }],
])('refuses %s where it does nothing', (name, options) => {
  expect(() => createBodyGuard(options)).toThrow(new RegExp(`bodyGuard\\.${name}.* does nothing`))
})

it('reads a byte order mark as none', async () => {
  const url = await serve()
  expect(await post(url, '\ufeff{"a":1}')).toMatchObject({ json: { body: { a: 1 } } })
})

it.each([['GET'], ['POST'], ['DELETE']])('lets %s without a body pass', async (method) => {
  const response = await fetch(await serve(), { method })
  expect(await response.json()).toEqual({ read: false })
})

it('leaves skipped paths unread', async () => {
  const url = await serve({ skip: ['/uploads/*'], otherTypes: 'refuse' })
  expect(await post(`${url}/uploads/1`, 'bytes', { 'content-type': 'image/png' })).toMatchObject({
    status: 200,
    json: { read: false },
  })
  expect(await post(`${url}/other`, 'bytes', { 'content-type': 'image/png' })).toMatchObject({ status: 415 })
})

/** Sends raw chunks, one per write and turn of the loop, and resolves with all that came back. */
function exchange(port: number, writes: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('end', () => {
      socket.end()
    })
    socket.on('close', () => {
      resolve(received)
    })
    socket.on('error', reject)
    const writeNext = (index: number): void => {
      const piece = writes[index]
      if (piece !== undefined) socket.write(piece, () => setImmediate(writeNext, index + 1))
    }
    writeNext(0)
  })
}

const head = (fields: string): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n${fields}\r\n\r\n`

describe('bodies in pieces', () => {
  it('joins characters that are split between chunks', async () => {
    const port = Number(new URL(await serve()).port)
    const bytes = Buffer.from(JSON.stringify({ message: '👩‍👩‍👧‍👦 é €' }))
    const chunks = [...bytes].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]),
    )
    const answer = await exchange(port, [head('Transfer-Encoding: chunked'), ...chunks, '0\r\n\r\n'])
    expect(answer).toContain('{"body":{"message":"👩‍👩‍👧‍👦 é €"},"read":true}')
  })

  it('holds little of a body that comes in chunks of one byte', async () => {
    const guard = createBodyGuard()
    const { heapBytes, answer } = await measureHeldHeap(
      (request, response) => {
        guard(request, response, () => response.end())
      },
      { path: '/', contentType: 'application/json', body: '{}'.padEnd(20_000) },
    )
    expect(answer).toBe('HTTP/1.1 200 OK')
    expect(heapBytes).toBeLessThan(2 ** 20)
    // Collecting the garbage of everything that this worker has loaded takes seconds on a busy machine.
  }, 30_000)

  it('counts the real bytes of a chunked body', async () => {
    const port = Number(new URL(await serve({ maxBytes: 10 })).port)
    const chunk = `a\r\n"aaaaaaaa"\r\n`
    const answer = await exchange(port, [head('Transfer-Encoding: chunked'), chunk, chunk, '0\r\n\r\n'])
    expect(answer).toContain('HTTP/1.1 413 ')
  })

  it('treats an empty chunked body as none', async () => {
    const port = Number(new URL(await serve()).port)
    const answer = await exchange(port, [head('Transfer-Encoding: chunked'), '0\r\n\r\n'])
    expect(answer).toContain('{"read":true}')
  })
})

it('answers 408 to a body that does not come in time', async () => {
  const clock = createFakeClock()
  const guard = createBodyGuard({ timeoutMs: 5000, clock })
  const port = await listen((request, response) => {
    guard(request, response, () => response.end('passed'))
    clock.advance(5000)
  })
  const answer = await exchange(port, [`${head('Content-Length: 100')}{"a":`])
  expect(answer).toContain('HTTP/1.1 408 ')
  expect(answer).toContain('"code":"timeout"')
  // The rest of the body may still come; the server notices on a later turn that the client has left.
  await vi.waitFor(() => {
    expect(clock.pendingTimers).toBe(0)
  })
})

it('does nothing more when the client goes away', async () => {
  const clock = createFakeClock()
  const guard = createBodyGuard({ clock })
  let passed = 0
  const gone = new Promise<void>((resolve) => {
    void listen((request, response) => {
      guard(request, response, () => (passed += 1))
      request.on('close', resolve)
      request.socket.resetAndDestroy()
    }).then((port) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`${head('Content-Length: 100')}{"a":`)
    })
  })
  await gone
  clock.advance(60_000)
  expect(passed).toBe(0)
  expect(clock.pendingTimers).toBe(0)
})

it.each([
  ['declared', { 'content-length': String(10 * 2 ** 20) }],
  ['chunked', {}],
])('lets the sender of a 10 MiB body (%s) see the 413', async (_name, headers) => {
  const port = Number(new URL(await serve({ maxBytes: 2 ** 20 })).port)
  const answer = await new Promise<{
    status: number | undefined
    connection: string | undefined
    body: string
  }>((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => {
          resolve({ status: response.statusCode, connection: response.headers.connection, body })
        })
      },
    )
    request.on('error', reject)
    const piece = Buffer.alloc(2 ** 16, 'a')
    let sent = 0
    const send = (): void => {
      while (sent < 10 * 2 ** 20) {
        sent += piece.length
        if (!request.write(piece)) {
          request.once('drain', send)
          return
        }
      }
      request.end()
    }
    send()
  })
  expect(answer).toMatchObject({ status: 413, connection: 'close' })
  expect(answer.body).toContain('urn:alfred:problem:body-too-large')
})

it('cuts a client off that goes on sending after the refusal', async () => {
  const clock = createFakeClock()
  const guard = createBodyGuard({ clock })
  const closed = new Promise<void>((resolve) => {
    void listen((request, response) => {
      request.socket.on('close', () => {
        resolve()
      })
      guard(request, response, () => response.end())
      response.on('close', () => {
        clock.advance(30_000)
      })
    }).then((port) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', () => undefined)
      socket.write(head('Content-Length: 99999999'))
    })
  })
  await closed
  expect(clock.pendingTimers).toBe(0)
})

it('passes its own requests when mounted twice', async () => {
  const guard = createBodyGuard()
  const port = await listen((request: Parsed, response) => {
    guard(request, response, () => {
      guard(request, response, (error) => response.end(JSON.stringify({ error, body: request.body })))
    })
  })
  expect(await post(`http://127.0.0.1:${String(port)}`, '{"a":1}')).toMatchObject({
    json: { body: { a: 1 } },
  })
})

it('names every refused option', () => {
  const options = { maxByte: 1, maxDepth: 0, contentTypes: ['json'], skip: 'uploads' }
  expect(() => createBodyGuard(options as BodyGuardOptions)).toThrow(
    /bodyGuard\.maxByte.*maxBytes[\s\S]*bodyGuard\.maxDepth[\s\S]*bodyGuard\.contentTypes\[0\][\s\S]*bodyGuard\.skip/,
  )
})

describe('under HTTP/2', () => {
  /** One exchange without a content-length field, which HTTP/2 does not need. */
  async function exchangeHttp2(method: string, body?: string): Promise<[number | undefined, string]> {
    const guard = createBodyGuard({ maxBytes: 100 })
    const http2 = createHttp2Server((request, response) => {
      guard(request as never, response as never, () => {
        response.end(JSON.stringify({ body: (request as { body?: unknown }).body }))
      })
    })
    await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve))
    const session = connectHttp2(`http://127.0.0.1:${String((http2.address() as AddressInfo).port)}`)
    const { HTTP2_HEADER_METHOD, HTTP2_HEADER_STATUS, HTTP2_HEADER_CONTENT_TYPE } = constants
    const fields = { [HTTP2_HEADER_METHOD]: method, [HTTP2_HEADER_CONTENT_TYPE]: 'application/json' }
    const stream = session.request(fields, { endStream: body === undefined })
    let status: number | undefined
    let text = ''
    stream.on('response', (head) => (status = Number(head[HTTP2_HEADER_STATUS])))
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    if (body !== undefined) stream.end(body)
    await new Promise((resolve) => stream.on('end', resolve))
    session.destroy()
    http2.close()
    return [status, text]
  }

  it.each<[string, string | undefined, number, string]>([
    ['GET', undefined, 200, '{}'],
    ['POST', '{"a":1}', 200, '{"body":{"a":1}}'],
    ['POST', '{"a":1,"a":2}', 400, 'duplicate-key'],
    ['POST', `["${'x'.repeat(200)}"]`, 413, 'too-large'],
  ])('%s %s → %d', async (method, body, status, text) => {
    const answer = await exchangeHttp2(method, body)
    expect(answer).toEqual([status, expect.stringContaining(text)])
  })
})

it('may be mounted twice', async () => {
  const guard = createBodyGuard()
  const port = await listen((request: Parsed, response) => {
    guard(request, response, () => {
      guard(request, response, (error) => {
        response.end(JSON.stringify({ body: request.body, refused: error !== undefined }))
      })
    })
  })
  const { status, json } = await post(`http://127.0.0.1:${String(port)}`, '{"a":1}')
  expect([status, json]).toEqual([200, { body: { a: 1 }, refused: false }])
})

const tenBytes = '{"a":"bc"}'

it.each([
  ['Content-Length: 10', tenBytes, 200],
  ['Content-Length: 11', `${tenBytes} `, 413],
  ['Transfer-Encoding: chunked', `a\r\n${tenBytes}\r\n0\r\n\r\n`, 200],
  ['Transfer-Encoding: chunked', `b\r\n${tenBytes} \r\n0\r\n\r\n`, 413],
])('takes 10 bytes and no more: %s, %j', async (framing, body, status) => {
  const guard = createBodyGuard({ maxBytes: 10 })
  const port = await listen((request, response) => {
    guard(request, response, () => response.end('passed'))
  })
  expect(await exchange(port, [`${head(framing)}${body}`])).toContain(`HTTP/1.1 ${String(status)} `)
})
