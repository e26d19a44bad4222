import { createEventBus, noopLogger } from '@alfred/core'
import { waitFor } from '@alfred/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { countUseless } from '../../test/useless-keys.ts'
import { createScriptedProvider, lost, refused, type ScriptedProvider } from '../../test/scripted-provider.ts'
import { createScriptedScene, type ScriptedScene } from '../../test/scripted-scene.ts'
import { keyEncryptionKeyFromBase64 } from '../key-encryption/key-encryption-key.ts'
import { createMemoryVaultStore } from '../stores/memory-vault-store.ts'
import { createKeyVault, type KeyVault } from '../key-vault.ts'
import type { ProviderPolicy } from '../providers/provider-policy.ts'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

function scene(policy: Partial<ProviderPolicy> = {}, provider?: ScriptedProvider): ScriptedScene {
  const made = createScriptedScene(policy, provider)
  onTestFinished(() => made.close())
  return made
}

function stages(vault: KeyVault, provider = 'openai'): string {
  const versions = vault.report()[provider]?.versions ?? []
  return versions.map(({ version, stage }) => `${String(version)} ${stage}`).join(', ')
}

describe('a rotation', { timeout: 60_000 }, () => {
  it('makes the first key by itself', async () => {
    const { open, pass, provider, seen } = scene()
    const vault = await open()
    await pass(10_000)
    expect(vault.get('openai').reveal()).toBe('sk-made-1')
    expect(provider.calls).toEqual(['create', 'probe', 'probe'])
    expect(seen).toEqual([['vault.rotated', { provider: 'openai', version: 1 }]])
    expect(vault.report()['openai']).toMatchObject({
      state: 'ok',
      valid: true,
      validity: 'valid',
      lastErrorCode: undefined,
    })
  })

  it('tests, promotes, keeps the old key for its grace, and revokes it', async () => {
    const { open, pass, provider } = scene({ graceMs: hour })
    const vault = await open()
    expect(await vault.rotate('openai')).toBe(1)
    expect(await vault.rotate('openai')).toBe(2)
    expect(stages(vault)).toBe('1 previous, 2 current')
    await pass(59 * minute)
    expect([...provider.keys.keys()]).toEqual(['key_1', 'key_2'])
    // Should nobody be there to revoke it, the provider ends it.
    expect(provider.keys.get('key_1')?.expiresInMs).toBeLessThanOrEqual(hour)
    await pass(2 * minute)
    expect(stages(vault)).toBe('1 revoked, 2 current')
    expect([...provider.keys.keys()]).toEqual(['key_2'])
  })

  it('waits for streams that were begun with the old key, in all instances', async () => {
    const { open, pass, provider } = scene({ graceMs: minute })
    const vault = await open()
    const other = await open({ rotate: false })
    await vault.rotate('openai')
    await other.refresh()
    const lease = other.lease('openai')
    await pass(10_000)
    await vault.rotate('openai')
    await pass(hour)
    expect(lease.secret.reveal()).toBe('sk-made-1')
    expect(provider.keys.has('key_1')).toBe(true)
    expect(provider.calls).not.toContain('expire')
    lease.release()
    await pass(minute)
    expect(provider.keys.has('key_1')).toBe(false)
  })

  it('asks once however many ask for it', async () => {
    const { open, provider, pass } = scene()
    const vaults = await Promise.all(Array.from({ length: 8 }, () => open()))
    await vaults[0]?.rotate('openai')
    await pass(10_000)
    provider.calls.length = 0
    const asking = Promise.all(vaults.map((vault) => vault.rotate('openai', { ifVersion: 1 })))
    await pass(30_000, 1000)
    expect(await asking).toEqual(vaults.map(() => 2))
    expect(provider.calls.filter((call) => call === 'create')).toHaveLength(1)
  })

  it('is refused for a provider that has no policy', async () => {
    const vault = await scene().open()
    await expect(vault.rotate('opnai')).rejects.toMatchObject({ code: 'ALFRED_CONFIG_INVALID' })
  })
})

describe('failures', { timeout: 60_000 }, () => {
  it.each([
    ['403', refused('insufficient_permissions', 403)],
    ['429', refused('rate_limit_exceeded', 429)],
    ['400', refused('bad_request', 400)],
  ])('%s of a create keep the old key, raise one alert, back off and go on', async (_name, error) => {
    const { open, pass, provider, seen } = scene({ rotateEveryMs: 30 * day })
    const vault = await open()
    await vault.rotate('openai')
    provider.failNext('create', { error }, 5)
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    expect(vault.get('openai').reveal()).toBe('sk-made-1')
    expect(vault.report()['openai']).toMatchObject({ state: 'failing', lastErrorCode: error.details.reason })
    await pass(10 * minute)
    expect(vault.get('openai').reveal()).toBe('sk-made-2')
    expect(seen.filter(([name]) => name === 'vault.rotation-failed')).toHaveLength(1)
    expect(vault.report()['openai']).toMatchObject({ state: 'ok', lastErrorCode: undefined })
    expect(provider.keys.size).toBe(2)
  })

  it.each([
    ['the key was made', true],
    ['the key was not made', false],
  ])('of a create without an answer are settled by looking: %s', async (_name, after) => {
    const { open, pass, provider } = scene({ orphanWatchMs: 10 * minute })
    const vault = await open()
    await vault.rotate('openai')
    provider.failNext('create', { error: lost(), after })
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    // The provider is not asked again before its list can be believed.
    await pass(50_000)
    expect(provider.calls.filter((call) => call === 'create')).toHaveLength(2)
    await pass(30 * minute)
    expect(stages(vault)).toBe('1 previous, 2 revoked, 3 current')
    expect(provider.keys.size).toBe(2)
  })

  it('of a create leave one lost key at a time: it is ended before another is made', async () => {
    const { open, pass, provider } = scene()
    const vault = await open()
    await vault.rotate('openai')
    provider.calls.length = 0
    provider.failNext('create', { error: lost(), after: true })
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    await pass(2 * minute)
    expect(provider.calls.slice(0, 4)).toEqual(['create', 'find', 'revoke', 'create'])
    expect(stages(vault)).toBe('1 previous, 2 revoked, 3 current')
  })

  it('of the end of a lost key do not hold the next one up', async () => {
    const { open, pass, provider } = scene()
    const vault = await open()
    await vault.rotate('openai')
    provider.failNext('create', { error: lost(), after: true })
    provider.failNext('revoke', { error: lost() }, 6)
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    await pass(2 * minute)
    expect(stages(vault)).toBe('1 previous, 2 orphaned, 3 current')
    await pass(hour)
    expect(stages(vault)).toBe('1 previous, 2 revoked, 3 current')
  })

  it('of a create before a crash leave a lost key of their own, which the vault knows', async () => {
    const { open, pass, provider } = scene()
    const vault = await open()
    await vault.rotate('openai')
    provider.failNext('create', { error: lost(), after: true })
    provider.failNext('revoke', { error: lost() }, 6)
    const create = provider.adapter.create
    await expect(vault.rotate('openai')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    Reflect.set(provider.adapter, 'create', async (...args: Parameters<NonNullable<typeof create>>) => {
      await create?.(...args)
      // As if the process were gone before it had the answer.
      await new Promise(() => undefined)
    })
    await pass(minute + 10_000)
    expect(stages(vault)).toBe('1 current, 2 orphaned, 3 intent')
    expect(countUseless(vault, provider)).toEqual({ all: 2, unknown: 1 })
  })

  it('of a test give a new key time to get known, and then it up', async () => {
    const { open, pass, provider, seen } = scene({ testWithinMs: 5 * minute })
    const vault = await open()
    await vault.rotate('openai')
    const slow = provider.adapter.probe
    let known = false
    Reflect.set(provider.adapter, 'probe', (secret: string, signal: AbortSignal) =>
      known || secret === 'sk-made-1'
        ? slow(secret, signal)
        : Promise.resolve({ validity: 'invalid', errorCode: 'invalid_api_key' }),
    )
    const rotating = vault.rotate('openai')
    await pass(minute)
    expect(stages(vault)).toBe('1 current, 2 pending')
    known = true
    await pass(3 * minute)
    expect(await rotating).toBe(2)
    known = false
    const failing = vault.rotate('openai').catch((error: unknown) => error)
    await pass(10 * minute)
    expect(await failing).toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
    expect(stages(vault)).toContain('3 revoked')
    expect(seen.filter(([name]) => name === 'vault.rotation-failed')).toHaveLength(1)
  })

  it('of a revocation are repeated until it is done', async () => {
    const { open, pass, provider } = scene({ graceMs: minute })
    const vault = await open()
    await vault.rotate('openai')
    provider.failNext('revoke', { error: lost('network') }, 4)
    await vault.rotate('openai')
    await pass(20 * minute)
    expect(stages(vault)).toBe('1 revoked, 2 current')
    expect(provider.keys.size).toBe(1)
  })

  it('of the adapter itself tell nothing of what it threw', async () => {
    const { open, provider } = scene()
    const vault = await open()
    provider.failNext('create', { error: new Error('sk-canary') })
    await expect(vault.rotate('openai')).rejects.toMatchObject({
      message: expect.not.stringContaining('canary') as string,
    })
    expect(JSON.stringify(vault.report())).not.toContain('canary')
  })
})

describe('an emergency', { timeout: 60_000 }, () => {
  it('revokes the current key at the provider at once and makes another', async () => {
    const { open, provider, pass } = scene()
    const vault = await open()
    await vault.rotate('openai')
    using held = vault.lease('openai')
    provider.calls.length = 0
    await vault.revoke('openai', held.secret.version, { force: true })
    await pass(10_000)
    expect(provider.calls.slice(0, 3)).toEqual(['revoke', 'probe', 'create'])
    expect(vault.get('openai').reveal()).toBe('sk-made-2')
    expect([...provider.keys.keys()]).toEqual(['key_2'])
  })

  it('rolls back, and gives the key its life again', async () => {
    const { open, provider, pass } = scene({ graceMs: hour })
    const vault = await open()
    await vault.rotate('openai')
    await vault.rotate('openai')
    await pass(5 * minute)
    expect(provider.calls).toContain('expire')
    expect(await vault.rollback('openai')).toBe(1)
    await pass(5 * minute)
    expect(provider.keys.get('key_1')?.expiresInMs).toBeGreaterThan(day)
    await pass(2 * hour)
    expect(stages(vault)).toBe('1 current, 2 revoked')
  })
})

// A fake clock does many steps; how long that takes is the machine's affair.
describe('a pool of staged keys', { timeout: 120_000 }, () => {
  const staged = (policy: Partial<ProviderPolicy> = {}): ScriptedScene => {
    const provider = createScriptedProvider(['create', 'find', 'expire'])
    for (const n of [1, 2, 3]) {
      provider.keys.set(`key_${String(n)}`, {
        name: `n${String(n)}`,
        secret: `sk-staged-${String(n)}`,
        enabled: true,
        expiresInMs: Infinity,
      })
    }
    return scene({ graceMs: hour, rotateEveryMs: 30 * day, ...policy }, provider)
  }

  it('gives one key to each rotation, the oldest first, and disables before it revokes', async () => {
    const { open, pass, provider } = staged()
    const vault = await open()
    await pass(minute)
    expect(vault.report()['openai']).toMatchObject({ state: 'missing', pool: 0 })
    for (const n of [1, 2])
      await vault.stage('openai', `sk-staged-${String(n)}`, { remoteId: `key_${String(n)}` })
    await pass(10_000)
    expect(vault.report()['openai']).toMatchObject({ state: 'ok', pool: 1, current: 1 })
    await pass(29 * day, hour)
    expect(vault.report()['openai']?.current).toBe(1)
    await pass(day + hour, hour)
    expect(vault.report()['openai']).toMatchObject({ pool: 0, current: 2 })
    await pass(2 * hour, minute)
    expect(provider.keys.get('key_1')?.enabled).toBe(false)
    await pass(25 * hour, hour)
    expect(provider.keys.has('key_1')).toBe(false)
    expect(stages(vault)).toBe('1 revoked, 2 current')
  })

  it('that is empty is told of 14, 7 and 1 days ahead, and when it is due', async () => {
    const { open, pass, seen, clock } = staged()
    const vault = await open()
    await vault.stage('openai', 'sk-staged-1')
    await pass(10_000)
    const from = clock.now()
    const times: number[] = []
    for (let hours = 0; hours < 31 * 24; hours++) {
      const before = seen.length
      await pass(hour, hour)
      if (seen.length > before) times.push(Math.round((clock.now() - from) / day))
    }
    expect(seen.slice(1).map(([name]) => name)).toEqual(Array(4).fill('vault.rotation-due'))
    expect(times).toEqual([16, 23, 29, 30])
    expect(vault.get('openai').reveal()).toBe('sk-staged-1')
    expect(vault.report()['openai']?.state).toBe('due')
  })

  it('passes a bad key over', async () => {
    const { open, pass } = staged({ testWithinMs: minute })
    const vault = await open()
    await vault.stage('openai', 'sk-wrong')
    await vault.stage('openai', 'sk-staged-1')
    await pass(20 * minute)
    expect(vault.get('openai').reveal()).toBe('sk-staged-1')
    expect(stages(vault)).toBe('1 failed, 2 current')
  })

  it('asks the operator to revoke where the provider has no call for it', async () => {
    const provider = createScriptedProvider(['create', 'find', 'expire', 'disable', 'revoke'])
    for (const n of [1, 2])
      provider.keys.set(String(n), { name: '', secret: `sk-${String(n)}`, enabled: true, expiresInMs: 0 })
    const { open, pass, seen } = scene({ graceMs: minute }, provider)
    const vault = await open()
    await vault.stage('openai', 'sk-1')
    await pass(10_000)
    await vault.stage('openai', 'sk-2')
    await vault.rotate('openai')
    await pass(5 * minute)
    expect(seen.at(-1)).toEqual(['vault.revocation-due', { provider: 'openai', version: 1 }])
  })
})

describe('schedules', { timeout: 120_000 }, () => {
  it.each([
    [30 * day, 400 * day, 13],
    [400 * day, 1000 * day, 2],
  ])('of %d ms rotate as often as they should', async (rotateEveryMs, span, rotations) => {
    const { open, pass, provider } = scene({ rotateEveryMs })
    await open({ pollMs: minute })
    await pass(span, span / 500)
    expect(provider.calls.filter((call) => call === 'create')).toHaveLength(rotations + 1)
    expect(provider.keys.size).toBeLessThanOrEqual(2)
  })

  it('catch up once after a long absence', async () => {
    const { open, pass, provider, clock } = scene()
    const vault = await open()
    await pass(10_000)
    await vault.close()
    clock.advance(400 * day)
    await open()
    await pass(2 * hour)
    expect(provider.calls.filter((call) => call === 'create')).toHaveLength(2)
  })

  it.each([
    ['ahead', 400 * day, 2],
    ['back', -400 * day, 1],
    ['ahead and back', 0, 1],
  ])('bear a clock that jumps %s', async (_name, jump, creates) => {
    const { open, pass, provider, clock } = scene()
    const vault = await open()
    await pass(10_000)
    clock.jump(jump === 0 ? 400 * day : jump)
    await pass(minute)
    if (jump === 0) clock.jump(-400 * day)
    await pass(25 * hour, minute)
    expect(provider.calls.filter((call) => call === 'create')).toHaveLength(creates)
    const { nextRotation = 0 } = vault.report()['openai'] ?? {}
    expect(nextRotation - clock.now()).toBeGreaterThan(0)
    expect(nextRotation - clock.now()).toBeLessThanOrEqual(30 * day)
    expect(provider.keys.size).toBe(1)
    // And the probes go on.
    expect(clock.now() - (vault.report()['openai']?.checkedAt ?? 0)).toBeLessThanOrEqual(hour)
  })

  it('come earlier by chance, at most by the jitter', async () => {
    const { open, pass, clock } = scene({ jitter: 0.5 })
    const vault = await open()
    await pass(10_000)
    const inMs = (vault.report()['openai']?.nextRotation ?? 0) - clock.now()
    expect(inMs).toBeGreaterThanOrEqual(15 * day - minute)
    expect(inMs).toBeLessThan(30 * day)
  })
})

it(
  'tells when the provider refuses the current key, and when it takes it again',
  { timeout: 60_000 },
  async () => {
    const { open, pass, provider } = scene()
    const events = createEventBus(noopLogger)
    const told: string[] = []
    events.on('vault.key-valid', ({ version }) => told.push(`${String(version)} valid`))
    events.on('vault.key-invalid', ({ version }) => told.push(`${String(version)} invalid`))
    const validities = ['valid', 'valid', 'invalid', 'unknown', 'invalid', 'invalid', 'valid']
    Reflect.set(provider.adapter, 'probe', () => Promise.resolve({ validity: validities.shift() ?? 'valid' }))
    await open({ events })
    await pass(8 * hour, minute)
    expect(told).toEqual(['1 valid', '1 invalid', '1 invalid', '1 valid'])
  },
)

it('goes on when the store is back', { timeout: 60_000 }, async () => {
  const { open, pass, store, provider } = scene({ rotateEveryMs: hour, graceMs: minute })
  let down = false
  const failing = <T>(work: () => Promise<T>): Promise<T> =>
    down ? Promise.reject(new Error('down')) : work()
  const vault = await open({
    store: {
      ...store,
      read: () => failing(() => store.read()),
      lease: (ttlMs) => failing(() => store.lease(ttlMs)),
      announce: (...args) => failing(() => store.announce(...args)),
      announcements: () => failing(() => store.announcements()),
      compareAndSet: (...args) => failing(() => store.compareAndSet(...args)),
    },
  })
  await pass(10_000)
  down = true
  provider.calls.length = 0
  await pass(2 * hour, minute)
  expect(vault.get('openai').reveal()).toBe('sk-made-1')
  expect(provider.calls).toEqual([])
  down = false
  await pass(minute)
  expect(vault.get('openai').reveal()).toBe('sk-made-2')
})

it('is closed once the key that is being made is in the store', async () => {
  const { open, provider } = scene()
  const made = provider.adapter.create
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const asked = new Promise<void>((resolve) => {
    Reflect.set(provider.adapter, 'create', async (...args: Parameters<NonNullable<typeof made>>) => {
      resolve()
      await answered
      return made?.(...args)
    })
  })
  const vault = await open()
  const rotating = vault.rotate('openai')
  await asked
  const closed = vault.close()
  answer()
  await closed
  await expect(rotating).rejects.toMatchObject({ code: 'ALFRED_LIFECYCLE_CLOSED' })
  expect(provider.calls).toEqual(['create'])
  expect(stages(await open({ rotate: false }))).toBe('1 pending')
})

it('hears of a rotation at once when the store tells', async () => {
  const { open } = scene()
  const vault = await open()
  const other = await open({ rotate: false })
  await vault.rotate('openai')
  await waitFor(() => other.report()['openai']?.current === 1)
  expect(other.get('openai').reveal()).toBe('sk-made-1')
})

it('is refused with settings that contradict each other', () => {
  expect(() =>
    createKeyVault({
      store: createMemoryVaultStore(),
      keyEncryptionKey,
      leaseMs: 20_000,
      providers: {
        openai: { adapter: createScriptedProvider(['find']).adapter, graceMs: 1 },
        'Open AI': { adapter: {} as never },
      },
    }),
  ).toThrow(/find[\s\S]*Open AI[\s\S]*leaseMs[\s\S]*graceMs/)
})
