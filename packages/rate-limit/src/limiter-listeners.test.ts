import { createFakeClock } from '@alfred/testkit'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createMemoryStore, createRateLimiter } from './index.ts'

it('leaves no listener behind on a connection that many requests share', async () => {
  const clock = createFakeClock()
  const quota = { limit: 1000, windowMs: 60_000, key: 'address' } as const
  const limiter = createRateLimiter({
    clock,
    store: createMemoryStore({ clock }),
    bans: { statuses: { 401: 1 } },
    policies: [
      { ...quota, name: 'requests' },
      { ...quota, name: 'streams', algorithm: 'concurrency' },
      { ...quota, name: 'tokens', match: false },
    ],
  })
  const ofSocket: number[] = []
  const ofResponse: number[] = []
  const server = createServer((incoming, response) => {
    const { socket } = incoming
    limiter.middleware(incoming, response, () => {
      void limiter.reserve(incoming, { policy: 'tokens', cost: 5, response }).then(async (reservation) => {
        ofResponse.push(response.listenerCount('close'))
        ofSocket.push(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0))
        await reservation.settle(1)
        response.end('ok')
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(async () => {
    agent.destroy()
    server.close()
    await limiter.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume().once('end', resolve)
      })
      outgoing.once('error', reject).end()
    })
  for (let n = 0; n < 30; n += 1) await ask()

  expect(ofSocket).toHaveLength(30)
  expect(new Set(ofSocket.slice(1)).size).toBe(1)
  // Node warns of a leak above ten: the layers of a whole stack must leave room for the application's own.
  expect(Math.max(...ofResponse)).toBeLessThanOrEqual(3)
  expect(await limiter.get('streams', '127.0.0.1')).toMatchObject({ remaining: 1000 })
})
