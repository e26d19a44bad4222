import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type AwsKms,
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromAwsKms,
} from '@alfred/key-vault'
import { startFakeKms } from '@alfred/testkit'
import { afterAll, expect, it } from 'vitest'

const kms = await startFakeKms()

/** KMS' protocol without its SDK, whose ES modules do not load in a test runner. */
async function call(target: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${target}` },
    body: JSON.stringify(input),
  })
  const answer = (await response.json()) as Record<string, unknown>
  if (response.ok) return answer
  throw Object.assign(new Error('KMS'), { name: String(answer['__type']) })
}
const bytes = (value: unknown): Uint8Array => Buffer.from(String(value), 'base64')
const client: AwsKms = {
  encrypt: async ({ Plaintext, ...input }) => ({
    CiphertextBlob: bytes(
      (await call('Encrypt', { ...input, Plaintext: Buffer.from(Plaintext).toString('base64') }))[
        'CiphertextBlob'
      ],
    ),
  }),
  decrypt: async ({ CiphertextBlob, ...input }) => ({
    Plaintext: bytes(
      (await call('Decrypt', { ...input, CiphertextBlob: Buffer.from(CiphertextBlob).toString('base64') }))[
        'Plaintext'
      ],
    ),
  }),
}
const keyEncryptionKey = keyEncryptionKeyFromAwsKms({ client, keyId: kms.keyId })

afterAll(() => kms.close())

it('keeps a vault under a key of KMS, by its own SDK', async () => {
  const script = fileURLToPath(new URL('aws-kms-process.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@alfred/source',
    script,
    kms.url,
    kms.keyId,
  ])
  expect(JSON.parse(stdout)).toEqual({ key: 'sk-1', moved: 'ALFRED_VAULT_TAMPERED' })
  expect(new Set(kms.requests)).toEqual(new Set(['TrentService.Encrypt', 'TrentService.Decrypt']))
})

it('binds a data key to its context', async () => {
  const context = { tenant: 'a', provider: 'openai' }
  const wrapped = await keyEncryptionKey.wrap(Buffer.alloc(32, 7), context)
  expect(Buffer.from(await keyEncryptionKey.unwrap(wrapped, context))).toEqual(Buffer.alloc(32, 7))
  for (const other of [{ tenant: 'b', provider: 'openai' }, {}]) {
    await expect(keyEncryptionKey.unwrap(wrapped, other)).rejects.toMatchObject({
      code: 'ALFRED_VAULT_TAMPERED',
    })
  }
  wrapped[20] = (wrapped[20] ?? 0) ^ 1
  await expect(keyEncryptionKey.unwrap(wrapped, context)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})

it.each([
  ['ThrottlingException', 'ALFRED_VAULT_KEY_PROVIDER_FAILED'],
  ['KMSInternalException', 'ALFRED_VAULT_KEY_PROVIDER_FAILED'],
  ['AccessDeniedException', 'ALFRED_VAULT_KEY_PROVIDER_FAILED'],
  ['IncorrectKeyException', 'ALFRED_VAULT_WRONG_KEY'],
])('says %s as %s, and reads on with what it knows', async (type, code) => {
  const vault = createKeyVault({ store: createMemoryVaultStore(), keyEncryptionKey })
  await vault.promote('openai', await vault.stage('openai', 'sk-1'))
  kms.failWith(type)
  try {
    await expect(vault.stage('openai', 'sk-2')).rejects.toMatchObject({ code })
    expect(vault.get('openai').reveal()).toBe('sk-1')
    await vault.refresh()
  } finally {
    kms.failWith(undefined)
  }
  expect(await vault.stage('openai', 'sk-2')).toBe(2)
})

it('refuses an alias', () => {
  expect(() => keyEncryptionKeyFromAwsKms({ client, keyId: 'alias/vault' })).toThrow(/not an alias/)
})
