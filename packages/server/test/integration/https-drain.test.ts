import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2, createSecureServer, type Http2ServerResponse } from 'node:http2'
import { Agent, createServer, get } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type SecureVersion } from 'node:tls'
import { listenOn, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createDrain } from '../../src/index.ts'

const psk = Buffer.alloc(32, 1)

/** TLS by a shared key, which needs no certificate (RFC 4279, RFC 8446 section 2.2). */
const sharedKey = (version: SecureVersion) => ({
  ciphers: 'TLS_AES_128_GCM_SHA256:PSK-AES128-GCM-SHA256',
  minVersion: version,
  maxVersion: version,
})

async function setUp(version: SecureVersion, deadlineMs: number) {
  const server = createServer({ ...sharedKey(version), pskCallback: () => psk }, (request, response) => {
    if (request.url === '/endless') response.write('begun')
    else response.end('ok')
  })
  const drain = createDrain({ servers: [server], readinessDelayMs: 100, deadlineMs })
  const port = await listenOn(server)
  const tls = {
    ...sharedKey(version),
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  }
  const agent = new Agent({ keepAlive: true, ...tls })
  const ask = async (path: string) => {
    const request = get({ port, path, host: '127.0.0.1', agent })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }
  return { agent, ask, drain, port, tls }
}

const versions: SecureVersion[] = ['TLSv1.2', 'TLSv1.3']

it.each(versions)('ends idle, unused and half-open %s connections in time', async (version) => {
  const { agent, ask, drain, port, tls } = await setUp(version, 5000)
  expect(await text(await ask('/'))).toBe('ok')
  const unused = connectTls({ port, host: '127.0.0.1', ...tls }).on('error', () => undefined)
  await once(unused, 'secureConnect')
  const halfOpen = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(halfOpen, 'connect')

  const draining = drain.start('test')
  const during = await ask('/')
  expect(during.headers.connection).toBe('close')
  expect(await text(during)).toBe('ok')
  const { forced, durationMs } = await draining
  expect(forced).toBe(false)
  expect(durationMs).toBeLessThan(2500)
  agent.destroy()
})

it.each(versions)('cuts a %s connection off at the deadline', async (version) => {
  const { agent, ask, drain } = await setUp(version, 400)
  const endless = await ask('/endless')
  const cut = once(endless, 'error')
  endless.resume()
  await expect(drain.start('test')).resolves.toMatchObject({ forced: true })
  await cut
  agent.destroy()
})

it('ends HTTP/1 and HTTP/2 on one port', async () => {
  const held: Http2ServerResponse[] = []
  const server = createSecureServer(
    { ...sharedKey('TLSv1.3'), pskCallback: () => psk, allowHTTP1: true },
    (request, response) => {
      if (request.url === '/held') held.push(response)
      else response.end(`HTTP/${request.httpVersion}`)
    },
  )
  const drain = createDrain({ servers: [server], readinessDelayMs: 100, deadlineMs: 5000 })
  const port = await listenOn(server)
  const tls = {
    ...sharedKey('TLSv1.3'),
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  }
  const agent = new Agent({ keepAlive: true, ...tls })
  const ask = async () => {
    const [response] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage]
    return `${await text(response)} ${String(response.headers.connection)}`
  }
  const session = connectHttp2(`https://127.0.0.1:${String(port)}`, tls)
  const askHttp2 = (path: string) => text(session.request({ ':path': path }).end())
  expect(await ask()).toBe('HTTP/1.1 keep-alive')
  expect(await askHttp2('/')).toBe('HTTP/2.0')
  const inFlight = askHttp2('/held')
  await waitFor(() => held.length === 1)

  const draining = drain.start('test')
  expect(await ask()).toBe('HTTP/1.1 close')
  const goaway = once(session, 'goaway')
  expect(await askHttp2('/')).toBe('HTTP/2.0')
  await goaway
  held[0]?.end('finished')
  expect(await inFlight).toBe('finished')
  const { forced, durationMs } = await draining
  expect(forced).toBe(false)
  expect(durationMs).toBeLessThan(2500)
  agent.destroy()
})
