import { createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createScriptedProvider, lost, refused } from '../../test/scripted-provider.ts'
import { createScriptedScene, type ScriptedScene } from '../../test/scripted-scene.ts'
import type { KeyVault } from '../key-vault.ts'
import type { KeyVersionReport } from '../vault-report.ts'
import type { ProviderAdapter } from '../providers/provider-adapter.ts'

const minute = 60_000
const hour = 60 * minute

/** A scene of one provider whose keys an operator made: `sk-staged-1` and `-2`, which it lists as `key_1` and `key_2`. */
function scene(leaveOut: readonly (keyof ProviderAdapter)[] = []): ScriptedScene {
  const provider = createScriptedProvider(['create', 'find', 'expire', 'disable', ...leaveOut])
  for (const n of ['1', '2'])
    provider.keys.set(`key_${n}`, { name: n, secret: `sk-staged-${n}`, enabled: true, expiresInMs: Infinity })
  const made = createScriptedScene({ graceMs: minute, probeEveryMs: 24 * hour }, provider)
  onTestFinished(() => made.close())
  return made
}

const first = (vault: KeyVault): KeyVersionReport | undefined => vault.report()['openai']?.versions[0]

/** Two keys, of which the second is current; the first one's id is what an operator said. */
async function rotated({ open }: ScriptedScene, remoteId: string | undefined): Promise<KeyVault> {
  const vault = await open()
  await vault.promote('openai', await vault.stage('openai', 'sk-staged-1', { remoteId }))
  await vault.promote('openai', await vault.stage('openai', 'sk-staged-2', { remoteId: 'key_2' }))
  return vault
}

describe('a key that was to end', { timeout: 60_000 }, () => {
  it.each<
    [
      string,
      Parameters<typeof scene>[0],
      string | undefined,
      (provider: ScriptedScene['provider']) => void,
      string,
    ]
  >([
    ['of an id that the provider does not have', [], 'key_404', () => undefined, 'still_accepted'],
    [
      'without an id',
      [],
      undefined,
      ({ adapter }) => {
        Reflect.set(adapter, 'revoke', () => Promise.reject(refused('unknown_key_id', 400)))
      },
      'unknown_key_id',
    ],
    [
      'that the admin key may not revoke',
      [],
      'key_1',
      (provider) => {
        provider.failNext('revoke', { error: refused('insufficient_permissions', 403) }, 100)
      },
      'insufficient_permissions',
    ],
    ['of a provider that cannot revoke', ['revoke'], undefined, () => undefined, 'still_accepted'],
    [
      'while the provider cannot be asked',
      [],
      'key_1',
      (provider) => {
        provider.failNext('revoke', { error: lost() }, 100)
      },
      'timeout',
    ],
  ])('%s is revocation-due, never revoked', async (_what, leaveOut, remoteId, script, lastErrorCode) => {
    const made = scene(leaveOut)
    script(made.provider)
    const vault = await rotated(made, remoteId)
    await made.pass(15 * minute)
    expect(first(vault)).toMatchObject({ stage: 'revocation-due', remoteId, lastErrorCode })
    expect(vault.report()['openai']?.state).toBe('revocation-due')
    expect(made.seen.filter(([name]) => name === 'vault.revocation-due')).toEqual([
      ['vault.revocation-due', { provider: 'openai', version: 1 }],
    ])
    // An operator revokes it there, and the vault notices.
    made.provider.keys.delete('key_1')
    await made.pass(3 * hour)
    expect(first(vault)?.stage).toBe('revoked')
    expect(vault.report()['openai']?.state).toBe('ok')
  })

  it('is not told of while its revocation gets known at the provider', async () => {
    const made = scene()
    const vault = await rotated(made, 'key_1')
    const revoke = made.provider.adapter.revoke
    Reflect.set(made.provider.adapter, 'revoke', async (...call: Parameters<NonNullable<typeof revoke>>) => {
      made.clock.setTimeout(() => void revoke?.(...call), 2 * minute)
      return Promise.resolve()
    })
    await made.pass(10 * minute)
    expect(first(vault)?.stage).toBe('revoked')
    expect(made.seen.filter(([name]) => name === 'vault.revocation-due')).toEqual([])
  })

  it('ends at once when it was compromised, and is told of after a minute', async () => {
    const made = scene()
    made.provider.failNext('revoke', { error: refused('unknown_key_id', 400) }, 100)
    const vault = await rotated(made, undefined)
    expect(await vault.revoke('openai', 1, { force: true })).toBe('compromised')
    expect(vault.report()['openai']?.state).toBe('revocation-due')
    await made.pass(2 * minute)
    expect(first(vault)?.stage).toBe('revocation-due')
    expect(made.seen.map(([name]) => name)).toContain('vault.revocation-due')
  })

  it.each([
    [false, 'revocation-due'],
    [true, 'compromised'],
  ])('without a rotation (force: %s) waits for one that can revoke it', async (force, stage) => {
    const made = scene()
    const vault = await rotated(made, 'key_1')
    await vault.close()
    const events = createEventBus(noopLogger)
    const due = vi.fn()
    events.on('vault.revocation-due', due)
    // As the command line opens it: it knows no adapter.
    const tool = await made.open({ providers: {}, rotate: false, events })
    expect(await tool.revoke('openai', 1, { force })).toBe(stage)
    expect(due).toHaveBeenCalledExactlyOnceWith({ provider: 'openai', version: 1 })
    expect(made.provider.keys.has('key_1')).toBe(true)
    await tool.close()
    const server = await made.open()
    await made.pass(minute)
    expect(made.provider.keys.has('key_1')).toBe(false)
    expect(first(server)?.stage).toBe('revoked')
  })
})
