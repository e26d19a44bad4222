import { expect, it } from 'vitest'
import { activeRequestsIn, askSlot, type AskPath } from './slot-answer.ts'

const answers =
  (bodies: Readonly<Record<string, readonly [number, string]>>): AskPath =>
  (path) => {
    const [status, body] = bodies[path] ?? [404, '']
    return Promise.resolve({ status, body })
  }

it.each([
  ['http_server_active_requests 1\n', 0],
  ['http_server_active_requests{http_request_method="GET"} 3\nhttp_server_active_requests{x="y"} 2\n', 4],
  ['other 7\n', undefined],
])('leaves out the request that asks: %j', (text, expected) => {
  expect(activeRequestsIn(text)).toBe(expected)
})

it('reads readiness, release and work', async () => {
  const all = answers({
    '/readyz': [200, ''],
    '/healthz': [200, '{"status":"pass","releaseId":"1.2.3"}'],
    '/metrics': [200, 'http_server_active_requests 2\n'],
  })
  expect(await askSlot(all)).toEqual({ isReady: true, version: '1.2.3', activeRequests: 1 })
})

it('knows nothing of an app that says nothing, and takes no answer for not ready', async () => {
  expect(await askSlot(answers({}))).toEqual({
    isReady: false,
    version: undefined,
    activeRequests: undefined,
  })
  expect(await askSlot(() => Promise.reject(new Error('refused')))).toMatchObject({ isReady: false })
})
