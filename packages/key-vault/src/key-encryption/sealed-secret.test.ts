import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { keyEncryptionKeyFromBase64, type KeyEncryptionKeyProvider } from './key-encryption-key.ts'
import { openSecret, type SealedSecret, sealSecret, type SecretTarget } from './sealed-secret.ts'

const key = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
const otherKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 2).toString('base64'))
const target: SecretTarget = { tenant: 'default', provider: 'openai', version: 3 }
const secret = 'sk-canary-0123456789'

const flip = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}

it('opens where it was sealed', async () => {
  const sealed = await sealSecret(key, target, secret)
  expect(await openSecret(key, target, sealed)).toBe(secret)
  expect(JSON.stringify(sealed)).not.toContain(secret)
})

it('uses a new key and nonce each time', async () => {
  const [a, b] = await Promise.all([sealSecret(key, target, secret), sealSecret(key, target, secret)])
  for (const field of ['dataKeyId', 'wrappedKey', 'nonce', 'ciphertext', 'tag'] as const) {
    expect(a[field]).not.toBe(b[field])
  }
})

it('keeps name and message alone of what a key service threw', async () => {
  const failing: KeyEncryptionKeyProvider = {
    ...key,
    wrap(dataKey) {
      const request = { Plaintext: Buffer.from(dataKey).toString('base64') }
      return Promise.reject(Object.assign(new Error('throttled'), { name: 'Throttling', request }))
    },
  }
  const failure: unknown = await sealSecret(failing, target, secret).catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code: 'ALFRED_VAULT_KEY_PROVIDER_FAILED',
    cause: { name: 'Throttling', message: 'throttled' },
  })
  expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('Plaintext')
})

it.each<[string, Partial<SecretTarget>]>([
  ['tenant', { tenant: 'other' }],
  ['provider', { provider: 'anthropic' }],
  ['version', { version: 4 }],
])('does not open under another %s', async (_name, other) => {
  const sealed = await sealSecret(key, target, secret)
  await expect(openSecret(key, { ...target, ...other }, sealed)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})

it.each<[string, (sealed: SealedSecret, other: SealedSecret) => SealedSecret]>([
  ['ciphertext', (sealed) => ({ ...sealed, ciphertext: flip(sealed.ciphertext) })],
  ['nonce', (sealed) => ({ ...sealed, nonce: flip(sealed.nonce) })],
  ['tag', (sealed) => ({ ...sealed, tag: flip(sealed.tag) })],
  ['a short tag', (sealed) => ({ ...sealed, tag: sealed.tag.slice(0, 4) })],
  ['wrapped key', (sealed) => ({ ...sealed, wrappedKey: flip(sealed.wrappedKey) })],
  ['data key id', (sealed, other) => ({ ...sealed, dataKeyId: other.dataKeyId })],
  ['the data key of another record', (sealed, other) => ({ ...sealed, wrappedKey: other.wrappedKey })],
])('does not open with a changed record: %s', async (_name, change) => {
  const sealed = await sealSecret(key, target, secret)
  const other = await sealSecret(key, target, 'another')
  await expect(openSecret(key, target, change(sealed, other))).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})

it('names a wrong key-encryption key', async () => {
  const sealed = await sealSecret(key, target, secret)
  await expect(openSecret(otherKey, target, sealed)).rejects.toMatchObject({ code: 'ALFRED_VAULT_WRONG_KEY' })
})

it('tells a provider that does not answer from a damaged record', async () => {
  const sealed = await sealSecret(key, target, secret)
  const down: KeyEncryptionKeyProvider = {
    id: key.id,
    wrap: () => Promise.reject(new Error('down')),
    unwrap: () => Promise.reject(new Error('down')),
  }
  const failure = { code: 'ALFRED_VAULT_KEY_PROVIDER_FAILED' }
  await expect(openSecret(down, target, sealed)).rejects.toMatchObject(failure)
  await expect(sealSecret(down, target, secret)).rejects.toMatchObject(failure)
})
