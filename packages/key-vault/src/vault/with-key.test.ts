import { describe, expect, it } from 'vitest'
import type { KeyLease } from './key-leases.ts'
import { createSecret } from '../key-encryption/secret.ts'
import { isKeyRejection, type KeyAttempt, useKey } from './with-key.ts'

/** An error as an SDK throws it. */
const answered = (status: number, error?: unknown): Error =>
  Object.assign(new Error(`status ${String(status)}`), { status, error })
const rejection = answered(401, { code: 'invalid_api_key' })

describe('a key was refused', () => {
  it.each<[string, unknown, boolean]>([
    ['by OpenAI', answered(401, { code: 'invalid_api_key', type: 'invalid_request_error' }), true],
    ['by Anthropic', answered(401, { type: 'error', error: { type: 'authentication_error' } }), true],
    ['by Ollama', Object.assign(new Error('unauthorized'), { status_code: 401 }), true],
    ['by a body without a word', answered(401), true],
    ['that has ended', answered(401, { code: 'expired_api_key' }), true],
    ['with an account', answered(401, { code: 'account_deactivated' }), true],
    ['not: it lacks a scope', answered(401, { message: 'Missing scopes: model.read' }), false],
    ['not: another word', answered(401, { code: 'ip_not_authorized' }), false],
    ['not: 403', answered(403, { code: 'invalid_api_key' }), false],
    ['not: 429', answered(429, { code: 'rate_limit_exceeded' }), false],
    ['not: 500', answered(500), false],
    ['not: no answer', new Error('socket hang up'), false],
    ['not: no error', undefined, false],
    ['not: a text', '401', false],
  ])('%s', (_who, error, expected) => {
    expect(isKeyRejection(error)).toBe(expected)
  })
})

describe('withKey', () => {
  /** A vault whose store has `inStore` while this process knows version 1. */
  function vaultWith({ inStore = 1, isStoreAway = false } = {}) {
    let known = 1
    const told = { refreshes: 0, held: 0, keys: [] as string[] }
    const vault = {
      lease(): KeyLease {
        told.held += 1
        const release = (): void => {
          told.held -= 1
        }
        const secret = createSecret('openai', known, `sk-${String(known)}`)
        return { secret, release, [Symbol.dispose]: release }
      },
      refresh: () => {
        told.refreshes += 1
        if (isStoreAway) return Promise.reject(new Error('store away'))
        known = inStore
        return Promise.resolve()
      },
    }
    /** Makes a call whose attempts end as `ends` says. */
    const call = (ends: readonly unknown[], during: (attempt: KeyAttempt) => void = () => undefined) =>
      useKey(vault, 'openai', (apiKey, attempt) => {
        told.keys.push(apiKey)
        during(attempt)
        const end = ends[told.keys.length - 1]
        return end instanceof Error ? Promise.reject(end) : Promise.resolve(end)
      })
    return { told, call }
  }

  it('hands out the current key and holds it meanwhile', async () => {
    const { told, call } = vaultWith()
    let heldMeanwhile = 0
    expect(await call(['answer'], () => (heldMeanwhile = told.held))).toBe('answer')
    expect([heldMeanwhile, told]).toEqual([1, { refreshes: 0, held: 0, keys: ['sk-1'] }])
  })

  it('looks in the store once and tries the key that is there', async () => {
    const { told, call } = vaultWith({ inStore: 2 })
    expect(await call([rejection, 'answer'])).toBe('answer')
    expect(told).toEqual({ refreshes: 1, held: 0, keys: ['sk-1', 'sk-2'] })
  })

  it('does not try a third time', async () => {
    const { told, call } = vaultWith({ inStore: 2 })
    const second = answered(401)
    await expect(call([rejection, second])).rejects.toBe(second)
    expect(told).toEqual({ refreshes: 1, held: 0, keys: ['sk-1', 'sk-2'] })
  })

  it.each([
    ['the store has no other version', {}],
    ['the store is away', { inStore: 2, isStoreAway: true }],
  ])('does not repeat a call when %s', async (_why, options) => {
    const { told, call } = vaultWith(options)
    await expect(call([rejection])).rejects.toBe(rejection)
    expect(told).toEqual({ refreshes: 1, held: 0, keys: ['sk-1'] })
  })

  it('does not repeat what was streamed', async () => {
    const { told, call } = vaultWith({ inStore: 2 })
    const streaming = (attempt: KeyAttempt): void => {
      attempt.streaming()
    }
    await expect(call([rejection], streaming)).rejects.toBe(rejection)
    expect(told).toEqual({ refreshes: 0, held: 0, keys: ['sk-1'] })
  })

  it('does not look for a key where another failure is the reason', async () => {
    const { told, call } = vaultWith({ inStore: 2 })
    const failure = answered(500)
    await expect(call([failure])).rejects.toBe(failure)
    expect(told).toEqual({ refreshes: 0, held: 0, keys: ['sk-1'] })
  })
})
