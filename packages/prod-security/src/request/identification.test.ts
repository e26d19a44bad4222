import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
import { noopLogger } from '@alfred/core'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { AlfredConfig } from '../config/alfred-config.ts'
import { alfredHardening } from '../alfred-hardening.ts'

const serve = async (listener: RequestListener): Promise<string> => {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

const guarded = async (config: AlfredConfig, handle: () => unknown = () => undefined) => {
  const guard = alfredHardening({ metrics: false, tracing: false, health: false, ...config })
  onTestFinished(() => guard.close())
  return serve((request, response) => {
    guard(request, response, () => {
      const result = handle()
      response.end('served')
      return result
    })
  })
}

const failure = new Error('broken')

/** What `identify` may return, beside what its type says. */
const answers: readonly (readonly [string, () => unknown, 'somebody' | 'nobody' | 'fault'])[] = [
  ['a string', () => 'u1', 'somebody'],
  ['a number', () => 7, 'somebody'],
  ['undefined', () => undefined, 'nobody'],
  ['null', () => null, 'nobody'],
  ['an empty string', () => '', 'nobody'],
  ['NaN', () => NaN, 'fault'],
  ['true', () => true, 'fault'],
  ['an object', () => ({ id: 'u1' }), 'fault'],
  ['a promise', () => Promise.resolve('u1'), 'fault'],
  ['a promise that rejects', () => Promise.reject(failure), 'fault'],
  [
    'a foreign thenable',
    () => ({
      then: (resolve: (id: string) => void) => {
        resolve('u1')
      },
    }),
    'fault',
  ],
  [
    'a throw',
    () => {
      throw failure
    },
    'fault',
  ],
]

const withRequiredKeys = (identify: () => unknown, error = vi.fn()): AlfredConfig => ({
  identify: identify as NonNullable<AlfredConfig['identify']>,
  logger: { ...noopLogger, error },
  clientKeys: {
    store: createFileClientKeyStore({ path: join(mkdtempSync(join(tmpdir(), 'identify-')), 'keys') }),
    keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64')),
    required: '/api',
  },
})

describe('identify', () => {
  it.each(answers)('that returns %s', async (_name, identify, who) => {
    const error = vi.fn()
    const url = await guarded(withRequiredKeys(identify, error))
    const statuses = [(await fetch(`${url}/api/x`)).status, (await fetch(`${url}/api/x`)).status]
    expect(statuses).toEqual(who === 'somebody' ? [200, 200] : [401, 401])
    expect(error.mock.calls.map(([, message]: unknown[]) => message)).toEqual(
      who === 'fault' ? ['identify failed; the request counts as anonymous'] : [],
    )
  })

  it('counts a number as its text in limits per user', async () => {
    const url = await guarded({
      identify: () => 7,
      rateLimit: { policies: [{ name: 'p', limit: 1, windowMs: 60_000, key: 'user' }] },
    })
    expect([(await fetch(url)).status, (await fetch(url)).status]).toEqual([200, 429])
  })

  it('is refused when it is async', () => {
    const identify = (async () => Promise.resolve('u1')) as unknown as NonNullable<AlfredConfig['identify']>
    expect(() => alfredHardening({ identify })).toThrow(/identify: must not be an async function/)
  })
})

describe('on plain node:http', () => {
  it.each([
    [
      'throws',
      () => {
        throw failure
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])('a handler that %s is answered with 500, behind an async CORS origin too', async (_name, handle) => {
    const onError = vi.fn(() => Promise.reject(new Error('the tracker is away')))
    const url = await guarded(
      { onError, cors: { origin: () => Promise.resolve(true) }, csrf: false, rateLimit: false },
      handle,
    )
    const response = await fetch(url, { headers: { origin: 'https://app.example.com' } })
    await response.text()
    expect([200, 500]).toContain(response.status)
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.anything())
  })
})
