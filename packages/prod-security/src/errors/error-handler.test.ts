import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { noopLogger } from '@alfred/core'
import { afterEach, expect, it, vi } from 'vitest'
import { createErrorHandler } from './error-handler.ts'

let close: (() => void) | undefined
afterEach(() => close?.())

async function ask(handler: ReturnType<typeof createErrorHandler>, error: unknown): Promise<Response> {
  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', "default-src 'self'")
    handler(error, request, response, () => undefined)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  close = () => server.close()
  return fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`)
}

it.each([
  ['a plain error', new Error('password=hunter2'), 500, 'urn:alfred:problem:internal-error'],
  ['a thrown string', 'password=hunter2', 500, 'urn:alfred:problem:internal-error'],
  ['an http error', Object.assign(new Error('bad "hunter2"'), { status: 400 }), 400, 'about:blank'],
  ['statusCode', Object.assign(new Error('hunter2'), { statusCode: 404 }), 404, 'about:blank'],
  ['an upstream 5xx', Object.assign(new Error('hunter2'), { status: 503 }), 503, 'about:blank'],
  [
    'a nonsense status',
    Object.assign(new Error('hunter2'), { status: 42 }),
    500,
    'urn:alfred:problem:internal-error',
  ],
])('%s is answered without its text, headers kept', async (_what, error, status, type) => {
  const answer = await ask(createErrorHandler(noopLogger), error)
  const body = await answer.text()
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'self'")
  expect(JSON.parse(body)).toMatchObject({ type, status })
  expect(body).not.toContain('hunter2')
})

it('logs a failure and reports it once, even when the report fails', async () => {
  const error = vi.fn()
  const onError = vi.fn(() => {
    throw new Error('tracker down')
  })
  const failure = new Error('broken')
  await ask(createErrorHandler({ ...noopLogger, error }, onError), failure)
  expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.anything())
  expect(error.mock.calls.map(([, message]: unknown[]) => message)).toEqual([
    'request failed',
    'the onError callback failed',
  ])
})

it('logs no text of a request that was refused', async () => {
  const debug = vi.fn()
  const error = Object.assign(new SyntaxError('Unexpected token in "hunter2"'), {
    status: 400,
    type: 'entity.parse.failed',
    body: '{"password":"hunter2',
  })
  await ask(createErrorHandler({ ...noopLogger, debug }), error)
  expect(debug.mock.calls).toEqual([
    [
      expect.objectContaining({
        error: { name: 'SyntaxError', type: 'entity.parse.failed', code: undefined },
      }),
      'request refused',
    ],
  ])
})
