import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createFakeClock, listenOn, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createServer } from 'node:http'
import { followConnections } from './server-connections.ts'

async function setUp() {
  const clock = createFakeClock()
  const server = createServer((request, response) => {
    if (request.url === '/held') return
    response.end('ok')
  })
  const connections = followConnections(server, clock)
  const port = await listenOn(server)
  const open = async (firstBytes = '') => {
    const accepted = once(server, 'connection')
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    await accepted
    if (firstBytes !== '') {
      socket.write(firstBytes)
      if (firstBytes.endsWith('\r\n\r\n') && !firstBytes.includes('/held')) await once(socket, 'data')
    }
    socket.resume()
    return socket
  }
  return { clock, server, connections, open }
}

it('reaps what carries no request, and waits for the rest', async () => {
  const { clock, connections, open } = await setUp()
  const unused = await open()
  const used = await open('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const partial = await open('GET / HTT')
  const held = await open('GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
  await waitFor(() => held.bytesWritten > 0 && partial.bytesWritten > 0)

  const gone = connections.stop()
  connections.reapIdle()
  await once(used, 'close')
  // It may be about to send its first request.
  expect(unused.closed).toBe(false)
  clock.advance(500)
  connections.reapIdle()
  await once(unused, 'close')
  await setImmediate()
  expect([partial.closed, held.closed]).toEqual([false, false])
  expect(connections.destroyAll()).toBe(2)
  await gone
})

it('resolves when the server does not listen', async () => {
  const { connections, server } = await setUp()
  await new Promise((resolve) => server.close(resolve))
  await connections.stop()
})

it('leaves no listener behind', async () => {
  const { connections, server } = await setUp()
  connections.release()
  expect([server.listenerCount('secureConnection'), server.listenerCount('request')]).toEqual([0, 1])
  await new Promise((resolve) => server.close(resolve))
})
