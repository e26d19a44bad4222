import { createServer, type RequestListener } from 'node:http'
import { AlfredConfigError } from '@alfred/core'
import { createFakeClock, listenOn } from '@alfred/testkit'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createPublicFetch, publicFetch } from './public-fetch.ts'
import type { PublicFetchOptions } from './public-fetch-options.ts'
import { publicLookup } from './public-lookup.ts'

/** Names of this test lead to this machine, as public ones; all others are looked up as in life. */
const fetchFrom = createPublicFetch({
  lookup: (hostname, options, callback) => {
    if (hostname.endsWith('.example')) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else publicLookup(hostname, options, callback)
  },
  isPrivate: (hostname) => hostname === '127.0.0.1' || hostname === '[::1]',
})

let port = 0
let listener = vi.fn<RequestListener>()
beforeEach(async () => {
  listener = vi.fn<RequestListener>((_request, response) => response.end('hello'))
  const server = createServer((request, response) => {
    listener(request, response)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  port = await listenOn(server)
})

const at = (path = '/', host = 'a.example'): string => `http://${host}:${String(port)}${path}`
const options = (more: PublicFetchOptions = {}): PublicFetchOptions => ({ ports: [port], ...more })

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fetched',
    (error: unknown) => {
      const { code, details } = error as { code: string; details?: { reason?: string } }
      return details?.reason ?? code
    },
  )

it('fetches, with the answer as fetch has it', async () => {
  listener.mockImplementation((request, response) => {
    response.writeHead(201, 'Made', { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] })
    response.end(
      `${String(request.method)} ${String(request.headers['content-length'])} ${String(request.headers['x-b'])}`,
    )
  })
  const response = await fetchFrom(at(), options({ method: 'POST', body: 'äb', headers: { 'X-B': '2' } }))
  expect([
    response.status,
    response.statusText,
    response.headers.get('x-a'),
    response.headers.getSetCookie(),
  ]).toEqual([201, 'Made', '1', ['a=1', 'b=2']])
  expect(await response.text()).toBe('POST 3 2')
})

const private_ = 'ALFRED_VALIDATION_PRIVATE_ADDRESS'
it.each([
  ['http://127.0.0.1/', private_],
  ['http://[::1]/', private_],
  ['http://[::ffff:169.254.169.254]/latest/meta-data', private_],
  ['http://0x7f.1/', private_],
  ['http://localhost/', private_],
  ['http://metadata.google.internal/', private_],
  ['http://10.0.0.7.nip.io/', private_],
  ['https://example.com:22/', 'port'],
  ['ftp://example.com/', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['not a url', 'url'],
])('judges %s', async (address, expected) => {
  expect(await failure(publicFetch(address))).toBe(expected)
})

it.each([
  ['another machine of the network', 'http://127.0.0.1/', private_],
  ['a name of it', 'http://localhost/', private_],
  ['another scheme', 'file:///etc/passwd', 'scheme'],
  ['another port', 'http://a.example:22/', 'port'],
  ['itself, again and again', '/', 'redirects'],
  ['nowhere', 'http://', 'url'],
])('follows no redirect to %s', async (_where, location, expected) => {
  listener.mockImplementation((_request, response) => response.writeHead(302, { location }).end())
  const fetching = fetchFrom(at(), options({ ports: [port, 80] }))
  expect(await failure(fetching)).toBe(expected)
  expect(listener).toHaveBeenCalledTimes(expected === 'redirects' ? 6 : 1)
})

it('follows redirects as fetch does, and takes no credentials to another origin', async () => {
  const seen: unknown[] = []
  listener.mockImplementation((request, response) => {
    const { authorization, cookie, 'content-type': type } = request.headers
    seen.push([request.method, request.url, authorization, cookie, type])
    const next = { '/': [307, '/same'], '/same': [303, at('/other', 'b.example')] }[request.url ?? '']
    if (next) response.writeHead(Number(next[0]), { location: String(next[1]) }).end()
    else response.end('there')
  })
  const headers = { Authorization: 'Bearer s', Cookie: 'a=1', 'Content-Type': 'text/plain' }
  const response = await fetchFrom(at(), options({ method: 'POST', body: 'x', headers }))
  expect(await response.text()).toBe('there')
  expect(seen).toEqual([
    ['POST', '/', 'Bearer s', 'a=1', 'text/plain'],
    ['POST', '/same', 'Bearer s', 'a=1', 'text/plain'],
    ['GET', '/other', undefined, undefined, undefined],
  ])
})

it('returns a redirect where none is followed', async () => {
  listener.mockImplementation((_request, response) =>
    response.writeHead(302, { location: '/x' }).end('moved'),
  )
  const response = await fetchFrom(at(), options({ maxRedirects: 0 }))
  expect([response.status, response.headers.get('location'), await response.text()]).toEqual([
    302,
    '/x',
    'moved',
  ])
})

it('takes no more bytes than it may', async () => {
  listener.mockImplementation((_request, response) => response.end('x'.repeat(101)))
  expect(await failure(fetchFrom(at(), options({ maxBytes: 100 })))).toBe('too-large')
  expect((await fetchFrom(at(), options({ maxBytes: 101 }))).status).toBe(200)
})

it('waits no longer than it may, for the head or the body', async () => {
  for (const begin of [false, true]) {
    const clock = createFakeClock()
    listener.mockImplementation((_request, response) => {
      if (begin) response.write('hello')
      setImmediate(() => {
        clock.advance(1000)
      })
    })
    expect(await failure(fetchFrom(at(), options({ timeoutMs: 1000, clock })))).toBe('timeout')
    expect(clock.pendingTimers).toBe(0)
  }
})

it('ends with its signal', async () => {
  const abort = new AbortController()
  listener.mockImplementation(() => {
    abort.abort()
  })
  expect(await failure(fetchFrom(at(), options({ signal: abort.signal })))).toBe('aborted')
  expect(await failure(fetchFrom(at(), options({ signal: AbortSignal.abort() })))).toBe('aborted')
})

it('refuses wrong options', async () => {
  await expect(publicFetch('https://example.com/', { ports: [0], body: 7 } as never)).rejects.toThrow(
    AlfredConfigError,
  )
})
