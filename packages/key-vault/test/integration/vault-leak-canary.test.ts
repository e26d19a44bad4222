import { type AlfredEventName, createEventBus } from '@alfred/core'
import { createKeyVault, createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createAuditLog } from '@alfred/key-vault/audit'
import { openAiAdapter } from '@alfred/key-vault/providers'
import { createLeakWatch, startFakeOpenAiAdmin, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'

const eventNames = [
  'vault.key-changed',
  'vault.rotated',
  'vault.rotation-failed',
  'vault.rotation-due',
  'vault.key-invalid',
  'vault.key-valid',
  'vault.revocation-due',
] as const satisfies AlfredEventName[]

it('lets no key out, whatever a provider says and whatever goes wrong', { timeout: 60_000 }, async () => {
  const watch = createLeakWatch()
  const { note, logger } = watch
  const events = createEventBus(logger)
  const told = new Set<string>()
  for (const name of eventNames) {
    events.on(name, (event) => {
      told.add(name)
      note(event)
    })
  }
  await using admin = await startFakeOpenAiAdmin()
  const store = createMemoryVaultStore()
  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 'k').toString('base64'))
  const vault = createKeyVault({
    store,
    keyEncryptionKey,
    events,
    logger,
    pollMs: 20,
    callTimeoutMs: 2_000,
    leaseMs: 8_000,
    providers: {
      openai: {
        adapter: openAiAdapter({
          adminKey: admin.adminKey,
          projectId: 'proj_fake',
          baseUrl: admin.baseUrl,
        }),
        graceMs: 40,
        settleMs: 0,
        probeEveryMs: 50,
      },
    },
  })
  await vault.ready()
  await waitFor(() => vault.get('openai'), { timeoutMs: 20_000 })
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    note(await work().catch((error: unknown) => error))
  }
  // The fake quotes what it was sent in every refusal, as providers do.
  for (const [status, code] of [
    [401, 'invalid_api_key'],
    [403, 'insufficient_permissions'],
    [429, 'rate_limit_exceeded'],
    [500, 'server_error'],
  ] as const) {
    admin.failNext({ method: 'POST', path: '/service_accounts', status, code })
    await attempt(() => vault.rotate('openai'))
  }
  const secrets = new Set([admin.adminKey, ...[...admin.keys.values()].map(({ secret }) => secret)])
  admin.failNext({ method: 'GET', path: '/models', status: 401, code: 'invalid_api_key' }, 1)
  await waitFor(() => told.has('vault.key-invalid'), { timeoutMs: 20_000 })
  await attempt(() => vault.rotate('openai'))
  for (const { secret } of admin.keys.values()) secrets.add(secret)
  await attempt(() =>
    vault.withKey('openai', (apiKey) => {
      secrets.add(apiKey)
      return Promise.reject(new Error('refused'))
    }),
  )
  await attempt(() => vault.revoke('openai', vault.get('openai').version, { force: true }))
  await attempt(() => vault.stage('openai', ` ${admin.adminKey}`))
  await attempt(() => createAuditLog({ store, keyEncryptionKey }).verify())
  note([vault, vault.report(), await vault.audit.read(0, 10_000), await store.read(), vault.audit])
  await vault.close()

  expect([...told]).toEqual(
    expect.arrayContaining(['vault.key-changed', 'vault.rotated', 'vault.rotation-failed']),
  )
  expect(secrets.size).toBeGreaterThanOrEqual(2)
  expect(watch.hits(secrets)).toEqual([])
})
