import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type EventStream, openEventStream } from '@alfred/core'
import { createFakeClock, listening, passTime, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createDrain } from './drain.ts'

async function setUp() {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const clock = createFakeClock()
  const drain = createDrain({ clock, readinessDelayMs: 0 })
  const streams: EventStream[] = []
  const served = await listening((request, response) => {
    streams.push(openEventStream(request, response, { drain, clock }))
  })
  drain.attach(served.server)
  const subscribe = async (headers: Record<string, string> = {}) => {
    const [response] = (await once(get(served.url, { headers }), 'response')) as [IncomingMessage]
    const stream = await waitFor(() => streams.shift())
    return { response, stream }
  }
  return { clock, drain, subscribe, close: () => served[Symbol.asyncDispose]() }
}

it('ends with the last id when its server drains', async () => {
  const { clock, close, drain, subscribe } = await setUp()
  onTestFinished(close)
  const { response, stream } = await subscribe({ 'Last-Event-ID': '40' })
  expect(stream.lastEventId).toBe('40')
  stream.send({ id: 41, data: 'a' })
  stream.send({ data: 'b' })
  const done = drain.start('test')
  expect(await text(response)).toMatch(/\n\nid: 41\nretry: 1000\n\n$/)
  expect(stream.ended).toBe(true)
  stream.send({ id: 42, data: 'late' })
  await waitFor(async () => {
    await passTime(clock, 100)
    return clock.pendingTimers === 0
  })
  await expect(done).resolves.toMatchObject({ forced: false })
})
