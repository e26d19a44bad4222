import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { createScrapeGuard, type ScrapeAccess } from './scrape-access.ts'

const request = (peer: string | undefined, headers: Record<string, string>): IncomingMessage => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  Object.defineProperty(socket, 'localPort', { value: 9464 })
  return Object.assign(new IncomingMessage(socket), { headers })
}

const token = 'abcdefghijklmnop'

it.each<[ScrapeAccess, string | undefined, Record<string, string>, string]>([
  ['open', '192.0.2.1', {}, 'allowed'],
  ['loopback', '127.0.0.1', {}, 'allowed'],
  ['loopback', '::1', {}, 'allowed'],
  ['loopback', '::ffff:127.0.0.1', {}, 'allowed'],
  ['loopback', '::12', {}, 'forbidden'],
  ['loopback', '192.0.2.1', {}, 'forbidden'],
  ['loopback', undefined, {}, 'forbidden'],
  ['loopback', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, 'forbidden'],
  ['loopback', '127.0.0.1', { forwarded: 'for=127.0.0.1' }, 'forbidden'],
  ['loopback', '127.0.0.1', { via: '1.1 proxy' }, 'forbidden'],
  [{ token }, '192.0.2.1', { authorization: `Bearer ${token}` }, 'allowed'],
  [{ token }, '192.0.2.1', { authorization: `bearer  ${token}` }, 'allowed'],
  [{ token }, '127.0.0.1', {}, 'unauthorised'],
  [{ token }, '127.0.0.1', { authorization: `Bearer ${token}x` }, 'unauthorised'],
  [{ token }, '127.0.0.1', { authorization: `Basic ${token}` }, 'unauthorised'],
  [{ cidrs: ['10.0.0.0/8', '2001:db8::/32'] }, '10.1.2.3', {}, 'allowed'],
  [{ cidrs: ['10.0.0.0/8'] }, '::ffff:10.1.2.3', {}, 'allowed'],
  [{ cidrs: ['10.0.0.0/8', '2001:db8::/32'] }, '2001:db8::1', {}, 'allowed'],
  [{ cidrs: ['10.0.0.0/8'] }, '11.0.0.1', {}, 'forbidden'],
  [{ cidrs: ['10.0.0.0/8'] }, undefined, {}, 'forbidden'],
  [{ cidrs: ['10.0.0.0/8'] }, '10.1.2.3', { 'x-forwarded-for': '10.1.2.3' }, 'forbidden'],
  [{ localPort: 9464 }, '192.0.2.1', {}, 'allowed'],
  [{ localPort: 9465 }, '192.0.2.1', {}, 'forbidden'],
  [() => true, '192.0.2.1', {}, 'allowed'],
  [() => false, '127.0.0.1', {}, 'forbidden'],
])('%j and a peer %s with %j: %s', (access, peer, headers, expected) => {
  expect(createScrapeGuard(access, noopLogger)(request(peer, headers))).toBe(expected)
})
