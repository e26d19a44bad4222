import {
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromBase64,
  type KeyVault,
} from '@alfred/key-vault'
import {
  anthropicAdapter,
  ollamaAdapter,
  openAiAdapter,
  type ProviderPolicy,
  tokenAdapter,
} from '@alfred/key-vault/providers'
import {
  type FakeKeyAdmin,
  startFakeAnthropicAdmin,
  startFakeOllama,
  startFakeOpenAiAdmin,
  waitFor,
} from '@alfred/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
const quick = { pollMs: 20, callTimeoutMs: 500, leaseMs: 2_000 }
const open: AsyncDisposable[] = []
const signal = new AbortController().signal

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]()
})

async function start(provider: string, policy: ProviderPolicy): Promise<KeyVault> {
  const vault = createKeyVault({
    store: createMemoryVaultStore(),
    keyEncryptionKey,
    ...quick,
    providers: { [provider]: { graceMs: 60, settleMs: 200, orphanWatchMs: 400, disabledMs: 100, ...policy } },
  })
  open.push(vault)
  await vault.ready()
  return vault
}

describe('OpenAI', () => {
  let admin: FakeKeyAdmin
  let policy: ProviderPolicy

  beforeEach(async () => {
    admin = await startFakeOpenAiAdmin()
    open.push(admin)
    const { adminKey, baseUrl } = admin
    policy = { adapter: openAiAdapter({ adminKey, baseUrl, projectId: 'proj_fake' }) }
  })

  it('rotates service accounts, and deletes the old one', async () => {
    const vault = await start('openai', policy)
    await waitFor(() => vault.report()['openai']?.current === 1)
    const first = vault.get('openai').reveal()
    expect(admin.takes(first)).toBe(true)
    expect([...admin.keys.values()][0]?.name).toMatch(/^alfred-openai-v1-[0-9a-f]{12}$/)
    expect([...admin.keys.values()][0]?.expiresAt).toBeGreaterThan(Date.now() + 50 * 86_400_000)
    expect(await vault.rotate('openai')).toBe(2)
    await waitFor(() => !admin.takes(first))
    expect(admin.keys.size).toBe(1)
    expect(admin.takes(vault.get('openai').reveal())).toBe(true)
    await waitFor(() => vault.report()['openai']?.usage !== undefined)
    expect(vault.report()['openai']).toMatchObject({
      valid: true,
      usage: { requests: 10, inputTokens: 2000, outputTokens: 1000 },
    })
  })

  it('waits for a new key to get known', async () => {
    admin.lagMs = 300
    const vault = await start('openai', policy)
    await waitFor(() => vault.report()['openai']?.versions[0]?.stage === 'pending')
    await waitFor(() => vault.report()['openai']?.current === 1, { timeoutMs: 20_000 })
    expect(admin.created).toBe(1)
  })

  it('settles an answer that got lost, and deletes the lost key', async () => {
    admin.failNext({ method: 'POST', dropAnswer: true })
    const vault = await start('openai', policy)
    await waitFor(() => vault.report()['openai']?.current === 2, { timeoutMs: 20_000 })
    await waitFor(() => admin.keys.size === 1)
    expect(admin.created).toBe(2)
    expect(admin.takes(vault.get('openai').reveal())).toBe(true)
  })

  it('gives up a call that hangs', async () => {
    admin.failNext({ method: 'POST', hang: true })
    const vault = await start('openai', policy)
    await waitFor(() => vault.report()['openai']?.lastErrorCode === 'timeout', { timeoutMs: 10_000 })
  })

  it.each([
    [401, 'invalid_api_key'],
    [403, 'insufficient_permissions'],
    [429, 'rate_limit_exceeded'],
    [500, 'server_error'],
  ])('keeps the key and says why when a create is answered by %d', async (status, code) => {
    const vault = await start('openai', policy)
    await waitFor(() => vault.report()['openai']?.current === 1)
    admin.failNext({ method: 'POST', path: 'service_accounts', status, code, retryAfterSeconds: 1 })
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    expect(vault.report()['openai']).toMatchObject({ current: 1, lastErrorCode: code, state: 'failing' })
  })

  it('takes an answer without a list for a failure, not for an empty list', async () => {
    // As a proxy answers that has a page of its own.
    admin.failNext({ method: 'GET', path: 'service_accounts', status: 200 })
    await expect(policy.adapter.find?.(['alfred-x'], signal)).rejects.toMatchObject({
      details: { reason: 'unexpected_answer', refused: false },
    })
  })

  it('asks for no other path than that of the key', async () => {
    await policy.adapter.revoke?.({ remoteId: 'a?b/key_1', secret: undefined }, signal)
    expect(admin.requests.at(-1)).toBe('DELETE /organization/projects/proj_fake/service_accounts/a%3Fb')
  })

  it('finds keys on any page', async () => {
    for (let n = 0; n < 230; n++) admin.add(`other-${String(n)}`, `sk-${String(n)}`)
    const last = admin.add('alfred-x', 'sk-x')
    expect(await policy.adapter.find?.(['alfred-x'], signal)).toEqual([
      { remoteId: last.id, name: 'alfred-x' },
    ])
  })

  it('takes an account that is gone for revoked, and never ends one it does not know', async () => {
    await policy.adapter.revoke?.({ remoteId: 'svc_acct_99/key_99', secret: undefined }, signal)
    await expect(
      policy.adapter.revoke?.({ remoteId: undefined, secret: 'sk' }, signal),
    ).rejects.toMatchObject({
      details: { reason: 'unknown_key_id' },
    })
  })

  it.each<[number, string, string | undefined, string]>([
    [401, 'invalid_api_key', undefined, 'invalid'],
    [401, 'missing_scope', undefined, 'unknown'],
    [403, 'unsupported_country', undefined, 'unknown'],
    [429, 'insufficient_quota', undefined, 'unknown'],
    [503, 'overloaded', undefined, 'unknown'],
  ])('takes %d %s for what it is', async (status, code, _message, validity) => {
    admin.failNext({ status, code })
    expect(await policy.adapter.probe('sk', signal)).toEqual({ validity, errorCode: code })
  })
})

describe('Anthropic', () => {
  it('takes staged keys, switches the old one off and archives it', async () => {
    const admin = await startFakeAnthropicAdmin()
    open.push(admin)
    const { adminKey, baseUrl } = admin
    const secrets = ['sk-ant-api03-aaaaaaaa-1111', 'sk-ant-api03-bbbbbbbb-2222']
    const [first, second] = secrets.map((secret) => admin.add(secret, secret))
    const vault = await start('anthropic', {
      adapter: anthropicAdapter({ adminKey, baseUrl }),
      disabledMs: 400,
    })
    for (const secret of secrets) await vault.stage('anthropic', secret)
    await waitFor(() => vault.report()['anthropic']?.current === 1)
    expect(await vault.rotate('anthropic')).toBe(2)
    await waitFor(() => first?.status === 'inactive')
    await waitFor(() => first?.status === 'archived')
    expect(second?.status).toBe('active')
    await waitFor(() => vault.report()['anthropic']?.versions[0]?.stage === 'revoked')
    await waitFor(() => vault.report()['anthropic']?.usage !== undefined)
    expect(vault.report()['anthropic']?.usage).toMatchObject({ inputTokens: 2000, outputTokens: 1000 })
    await expect(vault.rotate('anthropic')).rejects.toMatchObject({ code: 'ALFRED_VAULT_KEY_NOT_FOUND' })
  })

  it('ends no key when a hint fits two', async () => {
    const admin = await startFakeAnthropicAdmin()
    open.push(admin)
    const { adminKey, baseUrl } = admin
    admin.add('a', 'sk-ant-api03-aaaaaaaa-1111')
    admin.add('b', 'sk-ant-api03-aaaxxxxx-1111')
    const adapter = anthropicAdapter({ adminKey, baseUrl })
    const key = { remoteId: undefined, secret: 'sk-ant-api03-aaaaaaaa-1111' }
    await expect(adapter.revoke?.(key, signal)).rejects.toMatchObject({
      details: { reason: 'key_ambiguous' },
    })
    expect([...admin.keys.values()].map(({ status }) => status)).toEqual(['active', 'active'])
  })
})

describe('Ollama', () => {
  it('needs no key on this machine', async () => {
    const server = await startFakeOllama()
    open.push(server)
    const vault = await start('ollama', { adapter: ollamaAdapter({ baseUrl: server.baseUrl }) })
    await waitFor(() => vault.report()['ollama']?.validity === 'not_applicable')
    expect(vault.report()['ollama']).toMatchObject({ state: 'keyless', valid: true })
  })

  it('tests staged keys', async () => {
    const server = await startFakeOllama({ apiKeys: ['ollama-1'] })
    open.push(server)
    const { probe } = ollamaAdapter({ baseUrl: server.baseUrl })
    expect(await probe('ollama-1', signal)).toEqual({ validity: 'valid' })
    expect(await probe('ollama-2', signal)).toMatchObject({ validity: 'invalid' })
  })
})

it('replaces a token before it ends', async () => {
  let exchanged = 0
  const adapter = tokenAdapter({
    exchange: () => Promise.resolve({ token: `token-${String(++exchanged)}`, expiresAt: Date.now() + 1_000 }),
  })
  const vault = await start('federated', { adapter, minIntervalMs: 0 })
  await waitFor(() => vault.report()['federated']?.current === 1)
  for (let n = 0; n < 60; n++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(vault.get('federated').reveal()).toMatch(/^token-/)
  }
  expect(exchanged).toBeGreaterThanOrEqual(3)
  expect(exchanged).toBeLessThanOrEqual(6)
})

it.each([
  ['a plain URL elsewhere', () => openAiAdapter({ baseUrl: 'http://api.openai.com/v1' }), /https:\/\//],
  ['no project', () => openAiAdapter({ adminKey: 'sk-admin' }), /projectId/],
  ['a name that is none', () => anthropicAdapter({ adminkey: 'sk' } as never), /adminKey/],
])('refuses %s', (_name, make, message) => {
  expect(make).toThrow(message)
})

it('lets nothing that was sent out through errors', async () => {
  const admin = await startFakeOpenAiAdmin()
  open.push(admin)
  const adapter = openAiAdapter({ adminKey: 'sk-CANARY', baseUrl: admin.baseUrl, projectId: 'proj_fake' })
  const error: unknown = await adapter.find?.(['x'], signal).catch((found: unknown) => found)
  const { inspect } = await import('node:util')
  expect(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error)).not.toContain('CANARY')
  expect(inspect(adapter, { depth: 10, showHidden: true })).not.toContain('CANARY')
  expect(error).toMatchObject({
    code: 'ALFRED_VAULT_PROVIDER_FAILED',
    details: { reason: 'invalid_api_key', status: 401 },
  })
})
