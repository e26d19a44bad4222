import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createScriptedScene, type ScriptedScene } from '../../test/scripted-scene.ts'
import { keyEncryptionKeyFromBase64 } from '../key-encryption/key-encryption-key.ts'
import { ProviderError } from '../providers/provider-error.ts'
import { tokenAdapter } from '../providers/token-adapter.ts'
import type { ProviderPolicy } from '../providers/provider-policy.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

function scene(policy: Partial<ProviderPolicy> = {}): ScriptedScene {
  const made = createScriptedScene(policy)
  onTestFinished(() => made.close())
  return made
}

const countMade = ({ provider }: ScriptedScene): number =>
  provider.calls.filter((call) => call === 'create').length

/** Makes the provider say when its keys end. */
function sayExpiry(made: ScriptedScene, expiresAt: (now: number) => number): void {
  const create = made.provider.adapter.create
  Reflect.set(made.provider.adapter, 'create', async (...call: Parameters<NonNullable<typeof create>>) => ({
    ...(await create?.(...call)),
    expiresAt: expiresAt(made.clock.now()),
  }))
}

describe('no rotation without a brake', { timeout: 120_000 }, () => {
  it.each<[string, (now: number) => number]>([
    ['in seconds', (now) => (now + 30 * day) / 1000],
    ['in the past', () => 0],
    ['now', (now) => now],
    ['in a second', (now) => now + 1000],
  ])(
    'a key that is said to end %s is refused, ended, and made again ever more seldom',
    async (_when, expiresAt) => {
      const made = scene()
      sayExpiry(made, expiresAt)
      const vault = await made.open()
      await made.pass(6 * hour, minute)
      expect(countMade(made)).toBeLessThanOrEqual(4)
      expect(vault.report()['openai']).toMatchObject({ state: 'failing', lastErrorCode: 'expires_too_soon' })
      expect(made.provider.keys.size).toBe(0)
    },
  )

  it('a token that is said to end at once is exchanged as seldom', async () => {
    let exchanges = 0
    const made = scene()
    const adapter = tokenAdapter({
      exchange: () => {
        exchanges += 1
        return Promise.resolve({ token: `t${String(exchanges)}`, expiresAt: made.clock.now() / 1000 })
      },
    })
    await made.open({ providers: { sts: { adapter, jitter: 0 } } })
    await made.pass(6 * hour, minute)
    expect(exchanges).toBeLessThanOrEqual(11)
  })

  it('keys that live for an hour are not replaced sooner than the shortest interval', async () => {
    const made = scene({ minIntervalMs: 50 * minute, keyLifetimeMs: hour })
    sayExpiry(made, (now) => now + hour)
    await made.open()
    await made.pass(day, minute)
    expect(countMade(made)).toBeLessThanOrEqual(30)
  })

  it.each([31 * day, -31 * day, 25 * hour, 366 * day])(
    'an instance whose clock is %d ms off rotates nothing, and the others as planned',
    async (offMs) => {
      const made = scene()
      const first = await made.open()
      await made.pass(minute)
      const wrong = createFakeClock(made.clock.now() + offMs)
      await made.open({ clock: wrong })
      for (let passed = 0; passed < 2 * hour; passed += minute) {
        wrong.advance(minute)
        await made.pass(minute)
      }
      expect(countMade(made)).toBe(1)
      // Asked for, it is done by the one whose clock is right; the old key keeps its whole grace.
      await first.rotate('openai')
      for (let passed = 0; passed < 20 * hour; passed += 10 * minute) {
        wrong.advance(10 * minute)
        await made.pass(10 * minute, 10 * minute)
      }
      expect([...made.provider.keys.keys()]).toEqual(['key_1', 'key_2'])
      expect(countMade(made)).toBe(2)
    },
  )

  it.each([
    ['once in three days', undefined, 1],
    ['sooner when the current key ends soon', 34 * day, 2],
  ])('a provider that makes keys without answering is asked %s', async (_how, lifeMs, times) => {
    const made = scene({ rotateEveryMs: 30 * day })
    if (lifeMs !== undefined) sayExpiry(made, (now) => now + lifeMs)
    const vault = await made.open()
    await made.pass(minute)
    made.provider.failNext(
      'create',
      { error: new ProviderError({ reason: 'timeout', refused: false }), after: true },
      99,
    )
    await made.pass(30 * day + 49 * hour, 10 * minute)
    expect(countMade(made) - 1).toBe(times)
    expect(vault.get('openai').reveal()).toBe('sk-made-1')
  })

  it('a wrapping key that is away for six hours costs no key at the provider', async () => {
    const made = scene({ rotateEveryMs: day })
    const key = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
    let isAway = false
    const keyEncryptionKey = {
      ...key,
      wrap: (...call: Parameters<typeof key.wrap>) =>
        isAway ? Promise.reject(new Error('away')) : key.wrap(...call),
    }
    const vault = await made.open({ keyEncryptionKey })
    await made.pass(minute)
    isAway = true
    await made.pass(day + 6 * hour, 10 * minute)
    expect(countMade(made)).toBe(1)
    expect(vault.get('openai').reveal()).toBe('sk-made-1')
    expect(made.seen).toContainEqual([
      'vault.rotation-failed',
      { provider: 'openai', reason: 'key_encryption_failed' },
    ])
    isAway = false
    await made.pass(2 * hour, minute)
    expect(vault.get('openai').reveal()).toBe('sk-made-2')
  })
})

it('a rotation that nobody can do is not waited for without end', { timeout: 60_000 }, async () => {
  const made = scene()
  const first = await made.open()
  await made.pass(minute)
  await first.close()
  const idle = await made.open({ rotate: false })
  const asked = idle.rotate('openai', { timeoutMs: 10 * minute }).catch((error: unknown) => error)
  await made.pass(11 * minute)
  expect(await asked).toMatchObject({ code: 'ALFRED_VAULT_ROTATION_FAILED' })
})
