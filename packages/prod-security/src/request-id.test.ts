import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { requestContext } from '@alfred/core'
import { expect, it } from 'vitest'
import { createRequestId } from './request-id.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

it.each<[string, boolean, string | undefined, RegExp]>([
  ['makes one', false, undefined, uuid],
  ['takes none from a client', false, 'abc-123', uuid],
  ['takes one from a proxy', true, 'abc-123', /^abc-123$/],
  ['takes no nonsense from a proxy', true, 'a b\nc', uuid],
  ['takes nothing long from a proxy', true, 'a'.repeat(129), uuid],
])('%s', (_what, fromProxy, given, expected) => {
  const request = Object.assign(new IncomingMessage(new Socket()), {
    headers: given === undefined ? {} : { 'x-request-id': given },
  })
  const response = new ServerResponse(request)
  createRequestId(fromProxy)(request, response, () => undefined)
  expect(requestContext(request).requestId).toMatch(expected)
  expect(response.getHeader('X-Request-Id')).toBe(requestContext(request).requestId)
})
