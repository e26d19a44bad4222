import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createClientAddressResolver, type TrustProxy, trustProxyRule } from './client-address.ts'
import { readOptions } from './option-rules.ts'

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
  ['an IPv4-mapped peer', false, '::ffff:198.51.100.1', undefined, '198.51.100.1'],
  ['a Unix socket', false, undefined, undefined, undefined],
])('%s', (_what, trustProxy, peer, forwarded, expected) => {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  expect(createClientAddressResolver(trustProxy).address(request(peer, headers))).toBe(expected)
})

it.each<[string, TrustProxy, boolean, string | undefined, boolean]>([
  ['TLS', false, true, undefined, true],
  ['plain', false, false, undefined, false],
  ['a claim of an untrusted peer', false, false, 'https', false],
  ['a claim of a trusted proxy', 1, false, 'https', true],
  ['the client end of several claims', 1, false, 'https, http', true],
  ['a trusted proxy that was asked in the clear', 1, false, 'http', false],
])('is secure: %s', (_what, trustProxy, encrypted, claimed, expected) => {
  const headers: Record<string, string> = claimed === undefined ? {} : { 'x-forwarded-proto': claimed }
  expect(createClientAddressResolver(trustProxy).isSecure(request('10.0.0.1', headers, encrypted))).toBe(
    expected,
  )
})

it.each<[unknown, string]>([
  [true, 'ALFRED_CONFIG_UNSAFE'],
  ['not an address', 'ALFRED_CONFIG_OUT_OF_RANGE'],
  [-1, 'ALFRED_CONFIG_WRONG_TYPE'],
  [{}, 'ALFRED_CONFIG_WRONG_TYPE'],
])('trustProxy refuses %j with %s', (value, code) => {
  expect(() => readOptions('trustProxy', value, trustProxyRule)).toThrow(code)
})

it.each<[TrustProxy]>([[false], [1], ['loopback'], [['10.0.0.0/8', '::1']]])(
  'trustProxy takes %j',
  (value) => {
    const read: unknown = readOptions('trustProxy', value, (given, report) => {
      const trust = trustProxyRule(given, report)
      return trust === undefined ? undefined : { trust }
    })
    expect(read).toEqual({ trust: value })
  },
)
