import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createAuditLog } from '@alfred/key-vault/audit'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { afterEach, expect, it } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { alfredHardening } from './alfred-hardening.ts'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
const outlives = { close: () => Promise.resolve() }

const opened: AlfredGuard[] = []
afterEach(async () => {
  for (const guard of opened.splice(0)) await guard.close()
})

/** Stores that outlive the guards on them; `putBack` stands in the place of a record from then on. */
function createPlaces() {
  const keys = createMemoryClientKeyStore()
  const vaultStore = { ...createMemoryVaultStore(), ...outlives }
  const row: { putBack?: Awaited<ReturnType<typeof keys.find>> } = {}
  const store: typeof keys = {
    ...keys,
    ...outlives,
    find: async (id) => (row.putBack?.id === id ? row.putBack : keys.find(id)),
    changes: async (position) => ({ ...(await keys.changes(position)), ids: undefined }),
  }
  const open = async (clientKeys: object = {}, more: AlfredConfig = {}): Promise<AlfredGuard> => {
    const guard = alfredHardening({
      vault: { store: vaultStore, keyEncryptionKey },
      clientKeys: { store, keyEncryptionKey, ...clientKeys },
      ...more,
    })
    opened.push(guard)
    await guard.ready()
    return guard
  }
  return { keys, row, open }
}

it("notes changes of client keys in the vault's audit trail", async () => {
  const { open } = createPlaces()
  const guard = await open()
  const { key } = await guard.clientKeys.create({ name: 'one' }, { actor: 'admin:ada' })
  await guard.clientKeys.revoke(key.id)
  const entries = await guard.vault.audit.read(1, 100)
  expect(entries.map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`)).toEqual([
    'admin:ada client-key.create started',
    'admin:ada client-key.create done',
    'application client-key.revoke started',
    'application client-key.revoke done',
  ])
})

it.each([
  ['after a restart', true],
  ['by the guard that revoked it', false],
])('refuses a revoked key whose older record was put back: %s', async (_when, restarts) => {
  const { keys, row, open } = createPlaces()
  const first = await open()
  const leaked = await first.clientKeys.create({ name: 'leaked' })
  const other = await first.clientKeys.create({ name: 'other' })
  const before = await keys.find(leaked.key.id)
  await first.clientKeys.revoke(leaked.key.id)
  row.putBack = before
  const guard = restarts ? await open() : first
  await guard.clientKeys.ping()
  const valid = async ({ secret }: typeof leaked) => (await guard.clientKeys.verify(secret.reveal())).valid
  await expect.poll(() => valid(leaked)).toBe(false)
  expect(await valid(other)).toBe(true)
})

it('takes another trail when it is given one', async () => {
  const { open } = createPlaces()
  const audit = createAuditLog({ store: createMemoryVaultStore(), keyEncryptionKey, actor: 'elsewhere' })
  const guard = await open({ audit })
  await guard.clientKeys.create({ name: 'one' })
  expect(await guard.vault.audit.read(1, 100)).toEqual([])
  expect(await audit.read(1, 100)).toHaveLength(2)
})

it('takes the trail of the vault also where audit is left undefined by name', async () => {
  const { open } = createPlaces()
  const guard = await open({ audit: undefined })
  await guard.clientKeys.create({ name: 'one' })
  expect(await guard.vault.audit.read(1, 100)).toHaveLength(2)
})
