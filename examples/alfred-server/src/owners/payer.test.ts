import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { requestContext } from '@alfred/core'
import { expect, it } from 'vitest'
import { payerOf } from './payer.ts'

it.each([
  ['a key pays for itself', 'key:k1', '203.0.113.7', 'key:k1'],
  ['guests of one address share', 'guest:g1', '203.0.113.7', 'address:203.0.113.7'],
  ['guests of one IPv6 network share', 'guest:g2', '2001:db8:1:2:3::9', 'address:2001:db8:1:2::/64'],
  ['a guest without an address pays alone', 'guest:g3', undefined, 'guest:g3'],
])('%s', (_what, owner, clientAddress, payer) => {
  const request = new IncomingMessage(new Socket())
  requestContext(request).clientAddress = clientAddress
  expect(payerOf(request, owner)).toBe(payer)
})
