import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createClientAddressResolver, requestContext, type TrustProxy } from '@alfred/core'
import { expect, it } from 'vitest'
import { createRequestId } from './request-id.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

it.each<[string, TrustProxy, string | undefined, RegExp]>([
  ['makes one', false, undefined, uuid],
  ['takes none from a client', false, 'abc-123', uuid],
  ['takes one from a proxy', 1, 'abc-123', /^abc-123$/],
  ['takes one from a listed proxy', '10.0.0.0/8', 'abc-123', /^abc-123$/],
  ['takes none from a peer that is not listed', '10.1.0.0/16', 'abc-123', uuid],
  ['takes none when the list is empty', [], 'abc-123', uuid],
  ['takes none when there is no hop', 0, 'abc-123', uuid],
  ['takes no nonsense from a proxy', 1, 'a b\nc', uuid],
  ['takes nothing long from a proxy', 1, 'a'.repeat(129), uuid],
])('%s', (_what, trustProxy, given, expected) => {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '::ffff:10.0.0.1' })
  const request = Object.assign(new IncomingMessage(socket), {
    headers: given === undefined ? {} : { 'x-request-id': given },
  })
  const response = new ServerResponse(request)
  createRequestId(createClientAddressResolver(trustProxy))(request, response, () => undefined)
  expect(requestContext(request).requestId).toMatch(expected)
  expect(response.getHeader('X-Request-Id')).toBe(requestContext(request).requestId)
})
