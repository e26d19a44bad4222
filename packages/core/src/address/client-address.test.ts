import fc from 'fast-check'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import proxyAddr from 'proxy-addr'
import { expect, it } from 'vitest'
import { createClientAddressResolver } from './client-address.ts'
import type { TrustProxy } from './trust-proxy.ts'

function request(
  peer: string | undefined,
  headers: Record<string, string> = {},
  encrypted = false,
): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  if (encrypted) Object.defineProperty(socket, 'encrypted', { value: true })
  return Object.assign(new IncomingMessage(socket), { headers })
}

it.each<[string, TrustProxy, string | undefined, string | undefined, string | undefined]>([
  ['no proxy is trusted', false, '198.51.100.1', '203.0.113.9', '198.51.100.1'],
  ['an untrusted peer', '10.0.0.0/8', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
  ['a trusted peer', '10.0.0.0/8', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a spoofed entry before the real one', '10.0.0.0/8', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['one hop', 1, '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['two hops', 2, '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['rubbish from the proxy', 1, '10.0.0.1', '<script>', '10.0.0.1'],
  ['rubbish that the client sent', 1, '10.0.0.1', '<script>, 203.0.113.9', '203.0.113.9'],
  ['a port', 1, '10.0.0.1', '203.0.113.7:50001', '203.0.113.7'],
  ['an IPv6 address with a port', 1, '10.0.0.1', '[2001:DB8::0001]:443', '2001:db8::1'],
  ['ports of listed proxies too', '10.0.0.0/8', '10.0.0.1', '203.0.113.7:50001, 10.0.0.2:80', '203.0.113.7'],
  ['a hidden name', 1, '10.0.0.1', '_hidden', '10.0.0.1'],
  ['unknown', 1, '10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
  ['an empty entry', 1, '10.0.0.1', '1.1.1.1,', '10.0.0.1'],
  ['an empty header', 1, '10.0.0.1', '', '10.0.0.1'],
  ['nobody behind the second proxy', 2, '10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
  ['a proxy between that hides itself', 2, '10.0.0.1', '203.0.113.7, _proxy', '203.0.113.7'],
  ['a listed proxy that hides the one before', '10.0.0.0/8', '10.0.0.1', '203.0.113.7, _proxy', '10.0.0.1'],
  ['a mapped entry', 1, '10.0.0.1', '::FFFF:203.0.113.7', '203.0.113.7'],
  ['a mapped entry in hexadecimal', 1, '10.0.0.1', '0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
  ['a listed proxy in another spelling', '10.0.0.0/8', '::FFFF:A00:1', '203.0.113.7', '203.0.113.7'],
  ['a proxy listed in another spelling', '::ffff:10.0.0.1', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['a list of nobody', [], '10.0.0.1', '203.0.113.7', '10.0.0.1'],
  ['no hops', 0, '10.0.0.1', '203.0.113.7', '10.0.0.1'],
  ['a forged NAT64 spelling of a proxy', '10.0.0.0/8', '64:ff9b::10.0.0.1', '203.0.113.7', '64:ff9b::a00:1'],
  ['a zone', false, 'fe80::1%eth0', undefined, 'fe80::1'],
  ['a Unix socket of a proxy', 1, undefined, '203.0.113.7', '203.0.113.7'],
  ['a Unix socket, proxies by address', '10.0.0.0/8', undefined, '203.0.113.7', undefined],
  ['an IPv4-mapped peer', false, '::ffff:198.51.100.1', undefined, '198.51.100.1'],
  ['a Unix socket', false, undefined, undefined, undefined],
])('%s', (_what, trustProxy, peer, forwarded, expected) => {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  expect(createClientAddressResolver(trustProxy).address(request(peer, headers))).toBe(expected)
})

const cloudflare = { proxies: '10.0.0.0/8', clientAddressHeader: 'cf-connecting-ip' }

it.each<[string, string, Record<string, string>, string]>([
  ['a trusted peer names it', '10.0.0.1', { 'cf-connecting-ip': '203.0.113.9' }, '203.0.113.9'],
  [
    'a trusted peer names it, whatever the chain says',
    '10.0.0.1',
    { 'cf-connecting-ip': '203.0.113.9', 'x-forwarded-for': '1.1.1.1, 198.51.100.7' },
    '203.0.113.9',
  ],
  ['a trusted peer names IPv6', '10.0.0.1', { 'cf-connecting-ip': '2001:DB8::0001' }, '2001:db8::1'],
  ['an untrusted peer names it', '198.51.100.1', { 'cf-connecting-ip': '203.0.113.9' }, '198.51.100.1'],
  ['nobody names it', '10.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
  [
    'it comes twice, one of them from the client',
    '10.0.0.1',
    { 'cf-connecting-ip': '1.1.1.1, 203.0.113.9', 'x-forwarded-for': '203.0.113.9' },
    '203.0.113.9',
  ],
  ['rubbish', '10.0.0.1', { 'cf-connecting-ip': '<script>' }, '10.0.0.1'],
  ['another field', '10.0.0.1', { 'true-client-ip': '1.1.1.1', 'x-real-ip': '1.1.1.1' }, '10.0.0.1'],
])('reads a field of the proxy: %s', (_what, peer, headers, expected) => {
  expect(createClientAddressResolver(cloudflare).address(request(peer, headers))).toBe(expected)
})

it.each<[string, TrustProxy, boolean, string | undefined, boolean]>([
  ['TLS', false, true, undefined, true],
  ['plain', false, false, undefined, false],
  ['a claim of an untrusted peer', false, false, 'https', false],
  ['a claim of a trusted proxy', 1, false, 'https', true],
  ['what the client claimed before the proxy', 1, false, 'https, http', false],
  ['what the proxy says after the client', 1, false, 'http, https', true],
  ['one claim for two proxies', 2, false, 'https', true],
  ['upper case', 1, false, 'HTTPS', true],
  ['a WebSocket', 1, false, 'wss', true],
  ['TLS to a proxy that was asked in the clear', 1, true, 'http', false],
  ['TLS, and no claim', 1, true, undefined, true],
  ['TLS, and a claim of an untrusted peer', '10.1.0.0/16', true, 'http', true],
  ['a trusted proxy that was asked in the clear', 1, false, 'http', false],
])('is secure: %s', (_what, trustProxy, encrypted, claimed, expected) => {
  const headers: Record<string, string> = claimed === undefined ? {} : { 'x-forwarded-proto': claimed }
  expect(createClientAddressResolver(trustProxy).isSecure(request('10.0.0.1', headers, encrypted))).toBe(
    expected,
  )
})

it('is secure behind a proxy on a Unix socket, as Express says it', () => {
  const resolver = createClientAddressResolver(1)
  expect(resolver.isSecure(request(undefined, { 'x-forwarded-proto': 'https' }))).toBe(true)
  expect(resolver.isSecure(request(undefined, { 'x-forwarded-proto': 'http' }))).toBe(false)
})

it('takes the claim of the proxy that the client asked', () => {
  const headers = {
    'x-forwarded-for': '1.1.1.1, 203.0.113.7, 10.0.0.2',
    'x-forwarded-proto': 'http, https, http',
  }
  expect(createClientAddressResolver('10.0.0.0/8').isSecure(request('10.0.0.1', headers))).toBe(true)
  expect(createClientAddressResolver(2).isSecure(request('10.0.0.1', headers))).toBe(true)
  expect(createClientAddressResolver(1).isSecure(request('10.0.0.1', headers))).toBe(false)
})

it.each<[TrustProxy, string | undefined, boolean]>([
  [false, '10.0.0.1', false],
  [[], '10.0.0.1', false],
  [1, '203.0.113.7', true],
  [1, undefined, true],
  ['10.0.0.0/8', '10.0.0.1', true],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['10.0.0.0/8', '203.0.113.7', false],
  ['10.0.0.0/8', undefined, false],
])('with %j it trusts the peer %s: %s', (trustProxy, peer, expected) => {
  expect(createClientAddressResolver(trustProxy).trustsPeer(request(peer))).toBe(expected)
})

it('finds the client that proxy-addr finds, which Express asks', () => {
  const address = fc.constantFrom(
    '10.0.0.1',
    '10.1.2.3',
    '203.0.113.7',
    '198.51.100.1',
    '2001:db8::1',
    'fd00::1',
    '::1',
  )
  const trustProxy = fc.constantFrom<string[]>(
    ['10.0.0.0/8'],
    ['uniquelocal'],
    ['loopback', '10.0.0.1', 'fc00::/7'],
  )
  const chain = fc.array(address, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(address, chain, fc.oneof(trustProxy, fc.nat(4)), (peer, forwarded, trusted) => {
      const asked = request(peer, { 'x-forwarded-for': forwarded.join(', ') })
      const expected = proxyAddr(asked, typeof trusted === 'number' ? (_, hop) => hop < trusted : trusted)
      expect(createClientAddressResolver(trusted).address(asked)).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

it('reads again who asks when another resolver trusts other proxies', () => {
  const asked = request('10.0.0.1', { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' })
  const [nobody, oneHop, listed] = ([false, 1, ['192.0.2.0/24']] as const).map((trustProxy) =>
    createClientAddressResolver(trustProxy),
  )
  for (const [resolver, address, secure] of [
    [nobody, '10.0.0.1', false],
    [oneHop, '203.0.113.9', true],
    [listed, '10.0.0.1', false],
    [createClientAddressResolver(1), '203.0.113.9', true],
  ] as const) {
    expect([resolver?.address(asked), resolver?.isSecure(asked)]).toEqual([address, secure])
  }
})
