import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { createFakeClock, listenOn } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { boundBody } from './bound-body.ts'

interface Upload {
  readonly request: IncomingMessage
  /** Cuts the connection, and waits until the server knows. */
  readonly leave: () => Promise<unknown>
}

/** The request of a client that has sent its head and the first of ten bytes. */
async function beginUpload(): Promise<Upload> {
  const server = createServer()
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = await listenOn(server)
  const client = connect(port, '127.0.0.1').on('error', () => undefined)
  const arrived = once(server, 'request')
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1')
  const [request] = (await arrived) as [IncomingMessage]
  request.on('error', () => undefined)
  const leave = (): Promise<unknown> => {
    const closed = new Promise((resolve) => request.socket.once('close', resolve))
    client.destroy()
    return closed
  }
  return { request, leave }
}

const bounds = { maxBytes: 100, timeoutMs: 1000 }
const never = (): void => {
  throw new Error('A bound was crossed.')
}

it('waits no longer when the client leaves', async () => {
  const clock = createFakeClock()
  const { request, leave } = await beginUpload()
  boundBody(request, { ...bounds, clock }, never)
  expect(clock.pendingTimers).toBe(1)
  await leave()
  expect(clock.pendingTimers).toBe(0)
})

it('waits for nothing when the client left while a layer before was waiting', async () => {
  const clock = createFakeClock()
  const { request, leave } = await beginUpload()
  await leave()
  boundBody(request, { ...bounds, clock }, never)
  expect(clock.pendingTimers).toBe(0)
})
