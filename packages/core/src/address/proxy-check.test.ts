import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import type { TrustProxy } from './trust-proxy.ts'
import { createEventBus } from '../events/events.ts'
import { noopLogger } from '../logger.ts'
import { createProxyCheck } from './proxy-check.ts'

function request(peer: string | undefined, forwarded: string | undefined): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return Object.assign(new IncomingMessage(socket), { headers })
}

function setUp(trustProxy: TrustProxy) {
  const told: string[] = []
  const warned: unknown[] = []
  const events = createEventBus(noopLogger)
  events.on('proxy.misconfigured', ({ problem }) => told.push(problem))
  const logger = { ...noopLogger, warn: (fields: object) => warned.push(fields) }
  const check = createProxyCheck({ trustProxy, logger, events })
  return { check, told, warned }
}

it.each<[string, TrustProxy, string | undefined, string | undefined, string | undefined]>([
  // what, trustProxy, peer, X-Forwarded-For, problem
  ['a proxy nobody named', false, '10.0.0.5', '203.0.113.9', 'untrusted-forwarded-for'],
  ['one on this machine', false, '127.0.0.1', '203.0.113.9', 'untrusted-forwarded-for'],
  ['one on this machine, IPv4-mapped', false, '::ffff:127.0.0.1', '203.0.113.9', 'untrusted-forwarded-for'],
  ['one by IPv6', false, 'fd00::5', '203.0.113.9', 'untrusted-forwarded-for'],
  ['one by IPv6, link-local', false, 'fe80::5%eth0', '203.0.113.9', 'untrusted-forwarded-for'],
  ['a public IPv6 address', false, '2001:db8::5', '203.0.113.9', undefined],
  ['a proxy that is not in the list', '10.1.0.0/16', '10.0.0.5', '203.0.113.9', 'untrusted-forwarded-for'],
  ['a header that a client made up', false, '198.51.100.1', '203.0.113.9', undefined],
  ['no proxy', false, '198.51.100.1', undefined, undefined],
  ['a Unix socket', false, undefined, '203.0.113.9', undefined],
  ['one hop, right', 1, '10.0.0.5', '203.0.113.9', undefined],
  ['one hop, with what the client made up', 1, '10.0.0.5', '1.1.1.1, 203.0.113.9', undefined],
  ['two hops, right', 2, '10.0.0.5', '203.0.113.9, 10.0.0.6', undefined],
  ['a hop too many', 2, '10.0.0.5', '203.0.113.9', 'hop-count-too-large'],
  ['a hop too few', 1, '10.0.0.5', '203.0.113.9, 10.0.0.6', 'hop-count-too-small'],
  ['a client of the own network', 1, '10.0.0.5', '10.0.0.77', undefined],
  ['a probe of the own network', 1, '10.0.0.5', undefined, undefined],
  ['a client that goes round the proxy', 1, '198.51.100.1', undefined, 'proxy-bypassed'],
  ['listed proxies, right', '10.0.0.0/8', '10.0.0.5', '203.0.113.9, 10.0.0.6', undefined],
  ['a second proxy not listed', '10.0.0.5', '10.0.0.5', '203.0.113.9, 10.0.0.6', 'proxy-not-listed'],
  ['a client beside listed proxies', '10.0.0.0/8', '198.51.100.1', undefined, undefined],
  ['rubbish', 1, '10.0.0.5', '<script>', undefined],
])('%s', (_what, trustProxy, peer, forwarded, problem) => {
  const { check, told } = setUp(trustProxy)
  check.observe(request(peer, forwarded))
  expect(told).toEqual(problem === undefined ? [] : [problem])
})

it('counts no hops where a field of the proxy names the client', () => {
  const { check, told } = setUp({ proxies: 2, clientAddressHeader: 'cf-connecting-ip' })
  const asked = request('198.51.100.1', undefined)
  check.observe(Object.assign(asked, { headers: { 'cf-connecting-ip': '203.0.113.9' } }))
  expect(told).toEqual([])
  check.observe(request('198.51.100.1', undefined))
  expect(told).toEqual(['proxy-bypassed'])
})

it('tells each problem once, and keeps it for check()', () => {
  const { check, told, warned } = setUp(false)
  for (let sent = 0; sent < 3; sent++) check.observe(request('10.0.0.5', '203.0.113.9'))
  expect(told).toEqual(['untrusted-forwarded-for'])
  expect(warned).toEqual([{ problem: 'untrusted-forwarded-for' }])
  expect(check.findings()).toEqual([
    {
      problem: 'untrusted-forwarded-for',
      message:
        '10.0.0.5 sends X-Forwarded-For and is not trusted, so all of its clients count as that one address. If it is your proxy, set trustProxy to the number of proxies, or to 10.0.0.5.',
    },
  ])
})

it.each([
  ['fifty requests in a row of a proxy with a public address', 50, undefined, ['untrusted-forwarded-for']],
  ['a scanner between other clients', 100, 20, []],
])('knows %s', (_what, requests, everyOther, expected) => {
  const { check, told } = setUp(false)
  for (let sent = 1; sent <= requests; sent++) {
    check.observe(request('198.51.100.1', '203.0.113.9'))
    if (everyOther !== undefined && sent % everyOther === 0) check.observe(request('198.51.100.2', undefined))
  }
  expect(told).toEqual(expected)
})

it('goes on looking after a thousand requests, at fewer', () => {
  const { check, told } = setUp(false)
  for (let sent = 0; sent < 1000; sent++) check.observe(request('198.51.100.1', undefined))
  for (let sent = 0; sent < 64; sent++) check.observe(request('10.0.0.5', '203.0.113.9'))
  expect(told).toEqual(['untrusted-forwarded-for'])
})
