import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import type { RateLimitSubject } from '@alfred/rate-limit'
import { expect, it, onTestFinished } from 'vitest'
import { ask } from '../test/support/ask.ts'
import { hosts, serve } from '../test/support/hosts.ts'
import { alfredHardening } from './alfred-hardening.ts'

const policy = 'chat'

/** A stack whose policy counts users, API keys, and the addresses of everybody else. */
async function open() {
  const guard = alfredHardening({
    identify: (request) => request.headers['x-user']?.toString(),
    clientKeys: {
      store: createMemoryClientKeyStore(),
      keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64')),
      optional: '/api/x',
    },
    rateLimit: { policies: [{ name: policy, limit: 5, windowMs: 60_000, key: 'user' }] },
  })
  await guard.ready()
  const server = await serve(hosts['Express 5'](guard, { '/api/x': (_request, response) => response.end() }))
  onTestFinished(async () => {
    await server.close()
    await guard.close()
  })
  const { key, secret } = await guard.clientKeys.create({ name: 'one' })
  const callers: Readonly<Record<string, [Readonly<Record<string, string>>, RateLimitSubject]>> = {
    'a user': [{ 'X-User': 'ann' }, 'ann'],
    'an API key': [{ 'X-API-Key': secret.reveal() }, { apiKey: key.id }],
    nobody: [{}, { address: '127.0.0.1' }],
  }
  return {
    guard,
    callers,
    statusOf: async (caller: string) => {
      const headers = callers[caller]?.[0]
      return (await ask(server.port, { path: '/api/x', headers })).status
    },
  }
}

it.each(['a user', 'an API key', 'nobody'])(
  'an administrator reaches %s of a policy of users, and nobody else',
  async (caller) => {
    const { guard, callers, statusOf } = await open()
    const subject = callers[caller]?.[1] ?? ''
    expect(await statusOf(caller)).toBe(200)
    expect((await guard.rateLimit.get(policy, subject)).remaining).toBe(4)
    await guard.rateLimit.block(policy, subject, 60_000)
    for (const other of Object.keys(callers)) {
      expect(await statusOf(other), other).toBe(other === caller ? 429 : 200)
    }
    await guard.rateLimit.reset(policy, subject)
    expect(await statusOf(caller)).toBe(200)
  },
)
