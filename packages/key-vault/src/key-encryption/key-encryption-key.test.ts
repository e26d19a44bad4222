import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyEncryptionKeyFromBase64 } from './key-encryption-key.ts'
import { keyEncryptionKeyFromFile } from './key-encryption-key-file.ts'

const base64 = Buffer.alloc(32, 7).toString('base64')
const dataKey = Buffer.alloc(32, 9)
const context = { tenant: 'a', version: '1' }

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vault-key-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

describe('a local key', () => {
  const key = keyEncryptionKeyFromBase64(base64)

  it('opens what it wrapped, whatever the order of the context', async () => {
    const wrapped = await key.wrap(dataKey, context)
    expect(Buffer.from(await key.unwrap(wrapped, { version: '1', tenant: 'a' }))).toEqual(dataKey)
  })

  it('never wraps to the same bytes', async () => {
    expect(await key.wrap(dataKey, context)).not.toEqual(await key.wrap(dataKey, context))
  })

  it.each([
    ['another context', (wrapped: Uint8Array) => wrapped, { ...context, version: '2' }],
    ['a changed byte', (wrapped: Uint8Array) => wrapped.with(20, (wrapped[20] ?? 0) ^ 1), context],
    ['a missing byte', (wrapped: Uint8Array) => wrapped.subarray(1), context],
    ['nothing', () => new Uint8Array(), context],
  ])('refuses %s', async (_name, change, under) => {
    const wrapped = await key.wrap(dataKey, context)
    await expect(key.unwrap(change(wrapped), under)).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
  })

  it('has an id that tells keys apart and shows nothing', () => {
    const other = keyEncryptionKeyFromBase64(Buffer.alloc(32, 8).toString('base64'))
    expect(key.id).toMatch(/^local:[0-9a-f]{16}$/)
    expect(keyEncryptionKeyFromBase64(base64).id).toBe(key.id)
    expect(other.id).not.toBe(key.id)
    expect(inspect(key, { depth: 9, showHidden: true })).not.toContain(base64)
  })
})

it.each([[''], ['short'], [`${base64}A`], [Buffer.alloc(31).toString('base64')], ['secret-canary']])(
  'refuses %j without showing it',
  (text) => {
    let message = ''
    try {
      keyEncryptionKeyFromBase64(text)
    } catch (error) {
      message = inspect(error)
    }
    expect(message).toContain('vault.keyEncryptionKey')
    if (text !== '') expect(message).not.toContain(text)
  },
)

describe('a key file', () => {
  it('is made once, for its owner alone', async () => {
    const path = join(directory, 'vault.key')
    const { id } = keyEncryptionKeyFromFile(path, { create: true })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
    expect(keyEncryptionKeyFromFile(path, { create: true }).id).toBe(id)
    expect(keyEncryptionKeyFromFile(path).id).toBe(id)
  })

  it('is made with its folder, for its owner alone', async () => {
    const folder = join(directory, 'not', 'there')
    keyEncryptionKeyFromFile(join(folder, 'vault.key'), { create: true })
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('is not made unasked', () => {
    expect(() => keyEncryptionKeyFromFile(join(directory, 'none'))).toThrow(
      expect.objectContaining({ code: 'ALFRED_VAULT_KEY_PROVIDER_FAILED' }),
    )
  })

  it('is refused when others may read it, unless that is said to be right', async () => {
    const path = join(directory, 'vault.key')
    await writeFile(path, base64)
    await chmod(path, 0o644)
    expect(() => keyEncryptionKeyFromFile(path)).toThrow(
      expect.objectContaining({ code: 'ALFRED_VAULT_LOOSE_PERMISSIONS' }),
    )
    expect(keyEncryptionKeyFromFile(path, { allowLoosePermissions: true }).id).toBe(
      keyEncryptionKeyFromBase64(base64).id,
    )
  })
})
