import { once } from 'node:events'
import { request } from 'node:http'
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, waitFor } from '@alfred/testkit'
import { nginxArguments } from '../../deployment/driver/edge/local-nginx.ts'
import { askEdge, askRaw, connectEdge } from '../edge/ask-edge.ts'
import { createStreamOnDemand, type EchoApp, startEchoApp } from '../edge/echo-app.ts'
import { addAsset, startEdge, type TestEdge, testName } from '../edge/start-edge.ts'
import { readTokens } from '../edge/token-gaps.ts'

const run = promisify(execFile)
let app: EchoApp
let edge: TestEdge

beforeAll(async () => {
  app = await startEchoApp((incoming, response) => {
    if (incoming.url?.startsWith('/assets/')) response.writeHead(404).end('not here')
    else response.writeHead(200, { 'Strict-Transport-Security': 'max-age=1' }).end('ok')
  })
  // The tests are many clients: each is named by a header that only a proxy in front may send.
  edge = await startEdge({ slotPorts: [app.port, app.port], site: { trustedProxies: ['127.0.0.1'] } })
})
afterAll(async () => {
  await edge.stop()
  await app[Symbol.asyncDispose]()
})

let clients = 0
/** A client that no limit has counted yet. */
const newClient = (): { readonly 'X-Forwarded-For': string } => {
  clients += 1
  return { 'X-Forwarded-For': `203.0.113.${String(clients)}` }
}
const last = (): EchoApp['received'][number] => {
  const found = app.received.at(-1)
  if (found === undefined) throw new Error('nothing reached the app')
  return found
}

it('is a configuration that nginx takes without a warning', async () => {
  const args = [...nginxArguments(edge), '-t']
  const { stderr } = await run(edge.program, args, { cwd: edge.prefix })
  expect(stderr).toContain('test is successful')
  expect(stderr).not.toMatch(/\[(?:warn|error|emerg)\]/)
})

describe('TLS', () => {
  it('agrees on X25519MLKEM768 with a client that can', async () => {
    const socket = await connectEdge(edge, { ecdhCurve: 'X25519MLKEM768' })
    expect(socket.getProtocol()).toBe('TLSv1.3')
    socket.destroy()
  })

  it.each([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', true],
    ['ECDHE-ECDSA-CHACHA20-POLY1305', true],
    ['ECDHE-ECDSA-AES128-SHA256', false],
    ['AES128-GCM-SHA256', false],
  ])('over TLS 1.2: %s is taken: %s', async (ciphers, isTaken) => {
    const socket = connect({
      host: '127.0.0.1',
      port: edge.httpsPort,
      servername: testName,
      ca: edge.certificate,
      maxVersion: 'TLSv1.2',
      ciphers: `${ciphers}:@SECLEVEL=0`,
    })
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    expect(outcome).toBe(isTaken)
  })

  it('speaks HTTP/2 and HTTP/1.1', async () => {
    const socket = await connectEdge(edge, { ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.alpnProtocol).toBe('h2')
    socket.destroy()
  })
})

describe('hosts', () => {
  it('shows no certificate for an unknown name', async () => {
    await expect(connectEdge(edge, { servername: 'other.test' })).rejects.toThrow(/unrecognized.name|alert/i)
  })

  it('answers an unknown Host with 421, and does not ask the app', async () => {
    const before = app.received.length
    const { status } = await askEdge(edge, '/', { headers: { Host: 'other.test' } })
    expect(status).toBe(421)
    expect(app.received).toHaveLength(before)
  })

  const askHttp = (
    host: string,
    path: string,
  ): Promise<{ status: number; location?: string | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: edge.httpPort, path, headers: { Host: host }, agent: false },
        (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => (body += text))
          response.once('end', () => {
            resolve({ status: response.statusCode ?? 0, location: response.headers.location, body })
          })
        },
      )
      sent.once('error', reject)
      sent.end()
    })

  it('redirects plain HTTP of its own name, and closes on any other', async () => {
    const { status, location } = await askHttp(testName, '/x?y=1')
    expect(status).toBe(301)
    expect(location).toBe(`https://${testName}:${String(edge.httpsPort)}/x?y=1`)
    await expect(askHttp('other.test', '/')).rejects.toThrow(/hang up|ECONNRESET/)
  })

  it('answers the challenges of ACME over plain HTTP', async () => {
    await mkdir(join(edge.folder, 'challenges/.well-known/acme-challenge'), { recursive: true })
    await writeFile(join(edge.folder, 'challenges/.well-known/acme-challenge/token'), 'answer')
    expect(await askHttp(testName, '/.well-known/acme-challenge/token')).toMatchObject({
      status: 200,
      body: 'answer',
    })
    expect((await askHttp(testName, '/.well-known/acme-challenge/none')).status).toBe(404)
  })
})

describe('what the app is told', () => {
  it('replaces what a client says of itself', async () => {
    await askEdge(edge, '/headers', {
      headers: {
        'X-Forwarded-For': '198.51.100.1, 203.0.113.200',
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-Host': 'evil.test',
        'X-Forwarded-Port': '1',
        'X-Real-IP': '198.51.100.1',
        Forwarded: 'for=198.51.100.1',
        'X-Request-Id': 'chosen',
      },
    })
    const { headers } = last()
    expect(headers).toMatchObject({
      host: `${testName}:${String(edge.httpsPort)}`,
      'x-forwarded-for': '203.0.113.200',
      'x-forwarded-proto': 'https',
    })
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    for (const name of [
      'x-forwarded-host',
      'x-forwarded-port',
      'x-real-ip',
      'forwarded',
      'connection',
      'upgrade',
    ]) {
      expect(headers[name], name).toBeUndefined()
    }
  })

  it('takes no address from a proxy that is not configured', async () => {
    await using other = await startEdge({ slotPorts: [app.port, app.port] })
    await askEdge(other, '/', { headers: { 'X-Forwarded-For': '203.0.113.7' } })
    expect(last().headers['x-forwarded-for']).toBe('127.0.0.1')
  })

  it.each([
    ['/a%2fb//c/../d', 200, '/a%2fb//c/../d'],
    [`https://${testName}/absolute?x=1`, 200, '/absolute?x=1'],
    ['/a\u00e9', 400, undefined],
    ['/a#fragment', 400, undefined],
    ['*', 400, undefined],
    ['no-slash', 400, undefined],
  ])('the target %s is answered with %i', async (target, status, url) => {
    const answer = await askRaw(
      edge,
      `GET ${target} HTTP/1.1\r\nHost: ${testName}\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
    if (url !== undefined) expect(last().url).toBe(url)
  })

  it.each([
    ['two Host fields', `GET / HTTP/1.1\r\nHost: ${testName}\r\nHost: other.test\r\n\r\n`, 400],
    ['TRACE', `TRACE / HTTP/1.1\r\nHost: ${testName}\r\nConnection: close\r\n\r\n`, 405],
    ['CONNECT', `CONNECT other.test:443 HTTP/1.1\r\nHost: ${testName}\r\nConnection: close\r\n\r\n`, 405],
    [
      'both lengths',
      `POST / HTTP/1.1\r\nHost: ${testName}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
  ])('%s is refused', async (_what, bytes, status) => {
    const before = app.received.length
    expect(await askRaw(edge, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
    expect(app.received).toHaveLength(before)
  })
})

describe('WebSockets', () => {
  const upgrade = async (protocol: string): Promise<string> => {
    const socket = await connectEdge(edge)
    socket.setEncoding('latin1')
    socket.write(
      `GET /ws/alfred HTTP/1.1\r\nHost: ${testName}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    )
    const said = await new Promise<string>((resolve) => socket.once('data', resolve))
    socket.destroy()
    return said
  }

  it('lets a WebSocket through', async () => {
    expect(await upgrade('WebSocket')).toMatch(/^HTTP\/1.1 101 /)
    expect(last().headers).toMatchObject({ connection: 'upgrade', upgrade: 'websocket' })
  })

  it('passes no other upgrade on', async () => {
    expect(await upgrade('h2c')).toMatch(/^HTTP\/1.1 200 /)
    expect(last().headers.upgrade).toBeUndefined()
  })
})

describe('limits', () => {
  const ask = async (path: string, count: number, headers: Record<string, string>): Promise<number[]> =>
    (await Promise.all(Array.from({ length: count }, () => askEdge(edge, path, { headers })))).map(
      ({ status }) => status,
    )

  it.each([
    ['/api/alfred/providers', 60, 21, '1'],
    ['/api/auth/login', 12, 6, '12'],
  ])('%s: of %i requests at once about %i pass', async (path, count, passing, retryAfter) => {
    const headers = newClient()
    const statuses = await ask(path, count, headers)
    const passed = statuses.filter((status) => status === 200).length
    expect(passed).toBeGreaterThanOrEqual(passing)
    expect(passed).toBeLessThan(count)
    const refused = await askEdge(edge, path, { headers })
    // The zone of 10 a second may have let it through meanwhile.
    if (refused.status === 429) {
      expect(refused.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'retry-after': retryAfter,
        'strict-transport-security': 'max-age=63072000',
      })
      expect(JSON.parse(refused.body)).toMatchObject({ status: 429 })
    }
    expect(await ask(path, 1, newClient())).toEqual([200])
  })

  it('counts the addresses of one IPv6 /64 together, and others apart', async () => {
    const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address })
    await ask('/api/auth/x', 12, from('2001:db8:1:2:3:4:5:6'))
    expect(await ask('/api/auth/x', 1, from('2001:db8:1:2:ffff::1'))).toEqual([429])
    expect(await ask('/api/auth/x', 1, from('2001:db8:1:3::1'))).toEqual([200])
  })

  it('keeps its promise: who waits for Retry-After is let in', async () => {
    const headers = newClient()
    await ask('/api/alfred/x', 60, headers)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(await ask('/api/alfred/x', 1, headers)).toEqual([200])
  })
})

describe('answers', () => {
  it('says HSTS once: the app does', async () => {
    const { headers } = await askEdge(edge, '/')
    expect(headers['strict-transport-security']).toBe('max-age=1')
  })

  it('never shows the metrics', async () => {
    expect((await askEdge(edge, '/metrics')).status).toBe(404)
  })

  it('keeps the assets of the release before, which the app no longer has', async () => {
    await addAsset(edge.folder, 'page-0a1b2c3d.js', 'old()')
    const { status, headers, body } = await askEdge(edge, '/assets/page-0a1b2c3d.js')
    expect({ status, body }).toEqual({ status: 200, body: 'old()' })
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript',
    })
    expect((await askEdge(edge, '/assets/none.js')).status).toBe(404)
  })

  it('sends a POST to one slot alone, even when that breaks off', async () => {
    await using breaking = await startEchoApp((incoming) => {
      incoming.socket.destroy()
    })
    await using other = await startEdge({ slotPorts: [breaking.port, breaking.port] })
    const answer = await askEdge(other, '/api/alfred/chat', { method: 'POST', body: '{}' })
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
    expect(breaking.received).toHaveLength(1)
  })
})

describe('slots', () => {
  it('takes a slot out and brings it back while requests go on', async () => {
    await using first = await startEchoApp((_request, response) => response.end('a'))
    await using second = await startEchoApp((_request, response) => response.end('b'))
    await using two = await startEdge({ slotPorts: [first.port, second.port] })
    const answers = async (): Promise<Set<string>> =>
      new Set(
        (await Promise.all(Array.from({ length: 12 }, () => askEdge(two, '/')))).map(({ body }) => body),
      )
    const signal = AbortSignal.timeout(20_000)
    const [a] = two.slots
    expect(await answers()).toEqual(new Set(['a', 'b']))
    await two.edge.down(a, signal)
    expect(await two.edge.isUp(a)).toBe(false)
    expect(await answers()).toEqual(new Set(['b']))
    await waitFor(async () => (await two.edge.inflight(a, signal)) === 0, { timeoutMs: 10_000 })
    await two.edge.up(a, signal)
    expect(await answers()).toEqual(new Set(['a', 'b']))
  })

  it('counts the connections that still work on an answer', async () => {
    let finish = (): void => undefined
    await using slow = await startEchoApp((_request, response) => {
      response.write('first')
      finish = () => {
        response.end('last')
      }
    })
    await using idle = await startEchoApp()
    await using two = await startEdge({ slotPorts: [slow.port, idle.port] })
    const signal = AbortSignal.timeout(20_000)
    const [a] = two.slots
    await two.edge.down(two.slots[1], signal)
    const reading = askEdge(two, '/stream')
    await waitFor(() => slow.received.length === 1)
    await two.edge.up(two.slots[1], signal)
    await two.edge.down(a, signal)
    expect(await two.edge.inflight(a, signal)).toBe(1)
    finish()
    expect((await reading).body).toBe('firstlast')
    await waitFor(async () => (await two.edge.inflight(a, signal)) === 0, { timeoutMs: 10_000 })
  })

  it('does not reload what nginx would not take, and leaves the files as they were', async () => {
    await using broken = await startEdge({ slotPorts: [await freePort(), await freePort()] })
    await writeFile(join(broken.folder, 'site/redirect.conf'), 'no such directive;\n')
    const signal = AbortSignal.timeout(20_000)
    await expect(broken.edge.down(broken.slots[0], signal)).rejects.toThrow(/unknown directive "no"/)
    expect(await broken.edge.isUp(broken.slots[0])).toBe(true)
  })
})

describe('streams', () => {
  const ignoreHeader = (text: string): string =>
    text.replace('proxy_pass_header X-Accel-Buffering;', 'proxy_ignore_headers X-Accel-Buffering;')

  it('passes each token when it comes, also behind another nginx; not where the header is ignored', async () => {
    // Each token is sent when the reader has the one before it: no clock decides.
    const stream = createStreamOnDemand(12)
    await using streaming = await startEchoApp(stream.answer)
    const slotPorts = [streaming.port, streaming.port] as const
    await using inner = await startEdge({ slotPorts })
    await using outer = await startEdge({
      slotPorts: [inner.httpsPort, inner.httpsPort],
      patch: {
        'nginx.conf': (text) => text.replaceAll('proxy_pass http://alfred', 'proxy_pass https://alfred'),
        'nginx/proxy.conf': (text) =>
          `proxy_ssl_server_name on;\nproxy_ssl_name ${testName};\n${text.replace('$host$is_request_port$request_port', testName)}`,
      },
    })
    await using buffering = await startEdge({ slotPorts, patch: { 'nginx/proxy.conf': ignoreHeader } })
    const read = async (edge: TestEdge, url: string, signal?: AbortSignal): Promise<number> => {
      let tokens = 0
      const reading = readTokens(
        edge,
        url,
        () => {
          tokens += 1
          // The last one was sent with the end.
          if (tokens < 12) stream.next(url)
        },
        signal,
      )
      await reading.catch((error: unknown) => {
        if (signal?.aborted !== true) throw error
      })
      return tokens
    }
    expect(await read(inner, '/api/stream?direct')).toBe(12)
    expect(await read(outer, '/api/stream?nested')).toBe(12)
    // The first token is kept back, so that the second is never sent.
    expect(await read(buffering, '/api/stream?buffered', AbortSignal.timeout(2000))).toBe(0)
    expect(streaming.received.at(-1)?.url).toBe('/api/stream?buffered')
  })
})
