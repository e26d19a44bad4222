import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { type Clock, closeAfterAnswer } from '@alfred/core'
import { createDrain, openEventStream } from '@alfred/server'
import { createBodyGuard } from '@alfred/input-validation'
import { createMetrics } from '@alfred/metrics'
import { createRateLimiter } from '@alfred/rate-limit'
import { createLoadShedder } from '@alfred/server'
import { createCspReports } from '@alfred/security-headers'
import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'

/** A request whose client hung up before the layer saw it: it emits nothing more. */
async function goneRequest() {
  const socket = new Socket()
  const request = Object.assign(new IncomingMessage(socket), { method: 'POST', url: '/csp-reports' })
  request.headers = { 'content-type': 'application/json', 'content-length': '9' }
  const response = new ServerResponse(request)
  socket.destroy()
  await new Promise((resolve) => socket.once('close', resolve))
  return { request, response }
}

type Gone = Awaited<ReturnType<typeof goneRequest>>

/** Runs one layer; the answer is what it still holds. Timers are counted for all. */
const layers: Readonly<Record<string, (gone: Gone, clock: Clock) => unknown>> = {
  'body guard': ({ request, response }, clock) => {
    createBodyGuard({ clock })(request, response, () => undefined)
  },
  'CSP reports': ({ request, response }, clock) => {
    request.headers['content-type'] = 'application/csp-report'
    createCspReports({ clock, path: '/csp-reports' })(request, response, () => undefined)
  },
  'lingering close': ({ request, response }, clock) => {
    closeAfterAnswer(request, response, clock)
  },
  'event stream': ({ request, response }, clock) => {
    openEventStream(request, response, { clock })
  },
  'drain listener': async ({ response }, clock) => {
    const drain = createDrain({ clock, readinessDelayMs: 0 })
    let calls = 0
    drain.onDrain(response, () => (calls += 1))
    await drain.start('test')
    return calls
  },
  'load shedder': ({ request, response }, clock) => {
    const shedder = createLoadShedder({ clock, maxEventLoopDelayMs: false, maxInFlight: 10 })
    shedder.middleware(request, response, () => undefined)
    return shedder.inFlight
  },
  'concurrency limit': async ({ request, response }, clock) => {
    const limiter = createRateLimiter({
      clock,
      policies: [{ name: 'open', algorithm: 'concurrency', limit: 5, windowMs: 1000, key: () => 'all' }],
    })
    limiter.middleware(request, response, () => undefined)
    const { remaining } = await limiter.get('open', 'all')
    await limiter.close()
    return 5 - remaining
  },
  reservation: async ({ response }, clock) => {
    const limiter = createRateLimiter({
      clock,
      policies: [{ name: 'tokens', limit: 100, windowMs: 1000, key: 'user', match: false }],
    })
    await limiter.reserve('ada', { policy: 'tokens', cost: 50, response })
    const { remaining } = await limiter.get('tokens', 'ada')
    await limiter.close()
    return 100 - remaining
  },
  'metrics gauge': async ({ request, response }, clock) => {
    const metrics = createMetrics({ clock })
    metrics.middleware(request, response, () => undefined)
    const text = (await metrics.expose()).bytes.toString()
    await metrics.close()
    return Number(/^http_server_active_requests (\d+)$/m.exec(text)?.[1])
  },
}

it.each(Object.entries(layers))(
  'the %s holds nothing for a client that hung up before',
  async (_name, run) => {
    const clock = createFakeClock()
    const before = clock.pendingTimers
    const held = await run(await goneRequest(), clock)
    expect({ held: held ?? 0, timers: clock.pendingTimers - before }).toEqual({ held: 0, timers: 0 })
  },
)
