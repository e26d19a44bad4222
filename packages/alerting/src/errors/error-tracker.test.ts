import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import {
  AlfredConfigError,
  type AlfredEvents,
  createEventBus,
  noopLogger,
  requestContext,
} from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { fails, recordingSink, settled } from '../../test/support/recording-sink.ts'
import type { ErrorReport } from './error-report.ts'
import { createErrorTracker } from './error-tracker.ts'
import type { ErrorTrackerOptions } from './error-tracker-options.ts'

function setUp(options: Partial<ErrorTrackerOptions> = {}) {
  const clock = createFakeClock()
  const sink = recordingSink<ErrorReport>()
  const tracker = createErrorTracker({ instance: 'one', clock, sinks: [sink], ...options })
  return { clock, sink, tracker, reports: sink.attempts }
}

const thrown = (message = 'no such row'): Error => new TypeError(message)

it('reports an error with its causes, frames and context', async () => {
  const { tracker, reports } = setUp({ service: 'shop', environment: 'test', release: '1.2.3' })
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.url = '/users/17?token=hunter2'
  Object.assign(request, { route: { path: '/users/:id' } })
  Object.assign(requestContext(request), { requestId: 'r-1', traceId: 'a'.repeat(32) })
  const cause = Object.assign(new Error('connect postgres://alfred:hunter2@db'), { code: 'ECONNREFUSED' })
  tracker.capture(new TypeError('ada@example.com is unknown', { cause }), {
    request,
    tags: { area: 'users' },
    extra: { password: 'hunter2', rows: 3 },
  })
  await settled()
  expect(reports).toHaveLength(1)
  expect(reports[0]).toMatchObject({
    occurredAt: Date.UTC(2026, 0, 1, 4, 37, 11, 123),
    level: 'error',
    errors: [
      { type: 'TypeError', message: '[e-mail] is unknown', code: undefined },
      { type: 'Error', message: 'connect postgres://[redacted]@db', code: 'ECONNREFUSED' },
    ],
    repeats: 0,
    requestId: 'r-1',
    traceId: 'a'.repeat(32),
    method: 'GET',
    route: '/users/:id',
    service: 'shop',
    environment: 'test',
    release: '1.2.3',
    instance: 'one',
    tags: { area: 'users' },
    extra: { password: '[redacted]', rows: 3 },
  })
  expect(reports[0]?.errors[0]?.frames[0]?.file).toContain('error-tracker.test.ts')
  expect(JSON.stringify(reports)).not.toContain('hunter2')
})

it('holds repetitions back, and counts them in the next report', async () => {
  const { clock, tracker, reports } = setUp({ maxPerMinute: 2 })
  for (let n = 0; n < 10; n++) tracker.capture(thrown())
  await settled()
  clock.advance(60_000)
  tracker.capture(thrown())
  tracker.capture(new RangeError('another one'))
  await settled()
  expect(reports.map(({ repeats }) => repeats)).toEqual([0, 0, 8, 0])
  expect(tracker.stats()).toEqual({ captured: 12, heldBack: 8, delivered: 4, dropped: 0, waiting: 0 })
})

it('groups by a fingerprint of the user where there is one', async () => {
  const { tracker, reports } = setUp({
    fingerprint: (error) => (error instanceof RangeError ? 'ranges' : undefined),
  })
  tracker.capture(new RangeError('a'))
  tracker.capture(new TypeError('b'))
  await settled()
  expect(reports[0]?.fingerprint).toBe('ranges')
  expect(reports[1]?.fingerprint).toMatch(/^[0-9a-f]{32}$/)
})

it('adds what the application knows of the request', async () => {
  const { tracker, reports } = setUp({
    describeRequest: ({ url }) => {
      if (url === '/broken') throw new Error('hunter2')
      return url === '/'
        ? undefined
        : { tags: { plan: 'pro' }, extra: { owner: 'a1b2', password: 'hunter2' } }
    },
  })
  const requests = ['/shop', '/', '/broken'].map((url) =>
    Object.assign(new IncomingMessage(new Socket()), { url }),
  )
  for (const request of requests)
    tracker.capture(new RangeError(request.url), { request, tags: { area: 'cart' } })
  tracker.capture(thrown(), { extra: { step: 2 } })
  await settled()
  expect(reports.map(({ tags }) => tags)).toEqual([
    { plan: 'pro', area: 'cart' },
    { area: 'cart' },
    { area: 'cart' },
    {},
  ])
  expect(reports.map(({ extra }) => extra)).toEqual([
    { owner: 'a1b2', password: '[redacted]' },
    undefined,
    undefined,
    { step: 2 },
  ])
})

it.each([
  ['undefined', undefined],
  ['null', null],
  ['a text', 'password=hunter2'],
  ['a symbol', Symbol('hunter2')],
  ['an object', { password: 'hunter2' }],
  ['an error without a stack', Object.assign(new Error('x'), { stack: undefined })],
  ['an error whose cause is itself', Object.assign(new Error('x'), { cause: undefined })],
  [
    'an error with members that throw',
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('hunter2')
      },
    }),
  ],
])('never throws: %s', async (_what, error) => {
  const { tracker, reports } = setUp()
  if (error instanceof Error) error.cause ??= error
  tracker.capture(error)
  await settled()
  expect(JSON.stringify(reports)).not.toContain('hunter2')
})

it('tells of what it drops, and takes nothing after its end', async () => {
  const events = createEventBus(noopLogger)
  const seen: AlfredEvents['alerting.dropped'][] = []
  events.on('alerting.dropped', (event) => seen.push(event))
  const { sink, tracker } = setUp({ events, queueSize: 1, maxPerMinute: 100 })
  sink.behaviours.push(fails)
  for (let n = 0; n < 3; n++) tracker.capture(thrown())
  await tracker.close()
  tracker.capture(thrown())
  expect(seen).toEqual([
    { channel: 'errors', sink: 'recording', reason: 'queue-full' },
    { channel: 'errors', sink: 'recording', reason: 'queue-full' },
    { channel: 'errors', sink: 'recording', reason: 'closed' },
    { channel: 'errors', sink: 'recording', reason: 'closed' },
  ])
})

it('refuses wrong options, all at once', () => {
  const wrong = {
    sinks: [{ deliver: () => Promise.resolve() }, recordingSink('a'), recordingSink('a')],
    maxPerMinutes: 3,
    redact: { patterns: ['x'] },
  } as unknown as ErrorTrackerOptions
  const problems = (() => {
    try {
      createErrorTracker(wrong)
      return []
    } catch (error) {
      return error instanceof AlfredConfigError ? error.problems.map(({ path }) => path) : [error]
    }
  })()
  expect(problems).toEqual([
    'alerting.errorTracker.sinks[0].name',
    'alerting.errorTracker.sinks',
    'alerting.errorTracker.maxPerMinutes',
    'alerting.errorTracker.redact.patterns[0]',
  ])
})
