import { createHmac } from 'node:crypto'
import { type Receiver, startReceiver } from '@alfred/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  createErrorTracker,
  type ErrorReport,
  type ErrorSink,
  sentrySink,
  webhookSink,
} from '../../src/index.ts'

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const trackerOn = (sink: ErrorSink) =>
  createErrorTracker({
    service: 'shop',
    environment: 'test',
    release: '1.2.3',
    instance: 'one',
    sinks: [sink],
  })

const sentry = () =>
  sentrySink({ dsn: receiver.url.replace('http://', 'http://0123456789abcdef@') + '/prefix/42' })

it("speaks Sentry's envelope format", async () => {
  await using tracker = trackerOn(sentry())
  tracker.capture(new TypeError('outer', { cause: new Error('inner') }), {
    tags: { area: 'cart' },
    extra: { rows: 3 },
  })
  expect(await tracker.flush()).toBe(true)

  const [request] = receiver.requests
  expect(request).toMatchObject({
    method: 'POST',
    path: '/prefix/api/42/envelope/',
    headers: {
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth':
        'Sentry sentry_version=7, sentry_client=alfred-alerting/1, sentry_key=0123456789abcdef',
    },
  })
  const [header, item, payload, end] = (request?.body ?? '').split('\n')
  const parse = (line: string | undefined): Record<string, unknown> =>
    JSON.parse(line ?? '') as Record<string, unknown>
  const event = parse(payload)
  expect(end).toBe('')
  expect(parse(item)).toEqual({
    type: 'event',
    content_type: 'application/json',
    length: Buffer.byteLength(payload ?? ''),
  })
  expect(parse(header)).toEqual({
    event_id: event['event_id'],
    sent_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
  })
  expect(event).toMatchObject({
    event_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    platform: 'node',
    level: 'error',
    server_name: 'one',
    environment: 'test',
    release: '1.2.3',
    tags: { area: 'cart', service: 'shop' },
    extra: { data: { rows: 3 }, repeats: 0 },
    exception: {
      values: [
        { type: 'Error', value: 'inner' },
        { type: 'TypeError', value: 'outer' },
      ],
    },
  })
  const { exception } = event as {
    exception: { values: { stacktrace: { frames: { filename: string; in_app: boolean }[] } }[] }
  }
  const frames = exception.values[1]?.stacktrace.frames ?? []
  expect(frames.at(-1)).toMatchObject({
    filename: expect.stringContaining('error-sinks.test.ts') as string,
    in_app: true,
  })
})

it.each([
  ['Retry-After', { 'Retry-After': '1' }],
  ["Sentry's own limits", { 'X-Sentry-Rate-Limits': '600:transaction:key, 1:error;default:organization' }],
])('waits as %s asks', async (_what, headers) => {
  receiver.answerNext({ status: 429, headers })
  await using tracker = trackerOn(sentry())
  tracker.capture(new Error('x'))
  expect(await tracker.flush(20_000)).toBe(true)
  const [first, second] = receiver.requests
  // The timers of Node may fire 1 ms early.
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(998)
})

it.each([
  ['a redirect', 302],
  ['a refusal', 400],
])('drops what is answered by %s', async (_what, status) => {
  receiver.answerNext({ status, headers: { Location: `${receiver.url}/elsewhere` } })
  await using tracker = trackerOn(sentry())
  tracker.capture(new Error('x'))
  await tracker.flush()
  expect(receiver.requests).toHaveLength(1)
  expect(tracker.stats()).toMatchObject({ delivered: 0, dropped: 1 })
})

it('tries again after a failure', async () => {
  receiver.answerNext({ status: 503 }, { status: 500 })
  await using tracker = trackerOn(sentry())
  tracker.capture(new Error('x'))
  expect(await tracker.flush(20_000)).toBe(true)
  expect(receiver.requests).toHaveLength(3)
  expect(new Set(receiver.requests.map(({ body }) => body.split('\n')[2]))).toHaveProperty('size', 1)
})

it('signs webhooks', async () => {
  const secret = 'a-long-shared-secret'
  await using tracker = trackerOn(
    webhookSink<ErrorReport>({
      url: `${receiver.url}/hook`,
      secret,
      headers: { Authorization: 'Bearer token' },
    }),
  )
  tracker.capture(new Error('boom'))
  expect(await tracker.flush()).toBe(true)
  const { path, headers, body = '' } = receiver.requests[0] ?? {}
  const [, at = '', signature] =
    /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(headers?.['x-alfred-signature'])) ?? []
  expect(path).toBe('/hook')
  expect(headers?.authorization).toBe('Bearer token')
  expect(createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')).toBe(signature)
  expect(JSON.parse(body)).toMatchObject({ level: 'error', errors: [{ type: 'Error', message: 'boom' }] })
})

it('is closed in time though the receiver never answers, and though nobody listens', async () => {
  receiver.hang()
  const tracker = createErrorTracker({
    closeTimeoutMs: 200,
    sinks: [
      webhookSink<ErrorReport>({ url: receiver.url, name: 'silent' }),
      webhookSink<ErrorReport>({ url: 'http://127.0.0.1:9', name: 'gone' }),
    ],
  })
  tracker.capture(new Error('x'))
  const startedAt = performance.now()
  await tracker.close()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(tracker.stats()).toMatchObject({ delivered: 0, dropped: 2, waiting: 0 })
})

it.each([
  ['no DSN', () => sentrySink({ dsn: 'sentry' })],
  ['a DSN without a key', () => sentrySink({ dsn: 'https://sentry.example.com/42' })],
  ['plain http elsewhere', () => webhookSink({ url: 'http://example.com' })],
  ['a password in the URL', () => webhookSink({ url: 'https://a:hunter2@example.com' })],
  ['a short secret', () => webhookSink({ url: 'https://example.com', secret: 'hunter2' })],
])('refuses %s, without repeating it', (_what, build) => {
  expect(build).toThrow(/sentrySink\.dsn|webhookSink\.(?:url|secret)/)
  expect(build).not.toThrow(/hunter2/)
})
