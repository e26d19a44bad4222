import { once } from 'node:events'
import {
  createServer,
  get,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { beforeHead } from './before-head.ts'

/** Pairs are no type of Node's, though it takes them. */
const pairs: readonly unknown[] = [
  ['X-Kind', 'theirs'],
  ['X-Other', 'kept'],
]

it.each<[string, (response: ServerResponse) => unknown]>([
  ['fields that were set', (response) => response.setHeader('X-Kind', 'theirs').setHeader('X-Other', 'kept')],
  ['an object', (response) => response.writeHead(200, { 'x-kind': 'theirs', 'X-Other': 'kept' })],
  ['a flat list', (response) => response.writeHead(200, ['X-Kind', 'theirs', 'X-Other', 'kept'])],
  ['pairs', (response) => response.writeHead(200, pairs as OutgoingHttpHeader[])],
  ['pairs after a reason', (response) => response.writeHead(200, 'Fine', pairs as OutgoingHttpHeader[])],
])('changes and adds fields beside %s', async (_what, write) => {
  const server = createServer((_request, response) => {
    beforeHead(response, (head) => {
      head.setField('x-kind', `ours instead of ${String(head.field('x-kind'))}`)
      head.setField('x-added', 'ours')
    })
    write(response)
    response.end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage]
  response.resume()
  const { 'x-kind': kind, 'x-other': other, 'x-added': added } = response.headers
  expect([kind, other, added]).toEqual(['ours instead of theirs', 'kept', 'ours'])
})
