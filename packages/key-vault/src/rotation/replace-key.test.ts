import { describe, expect, it, onTestFinished } from 'vitest'
import { createScriptedProvider, refused } from '../../test/scripted-provider.ts'
import { createScriptedScene, type ScriptedScene } from '../../test/scripted-scene.ts'
import type { KeyVault } from '../key-vault.ts'

const second = 1000
const minute = 60 * second
const outage = { error: refused('http_503', 503) }

function scene(): ScriptedScene {
  const made = createScriptedScene({}, createScriptedProvider(['disable']))
  onTestFinished(() => made.close())
  return made
}

const stages = (vault: KeyVault): string =>
  (vault.report()['openai']?.versions ?? [])
    .map(({ version, stage }) => `${String(version)} ${stage}`)
    .join(', ')

/** Lets a call go on while time passes, and counts the seconds in which the provider takes no current key. */
async function during<T>(
  { pass, provider }: ScriptedScene,
  vault: KeyVault,
  call: Promise<T>,
  ms: number,
): Promise<{ result: T; withoutKey: number }> {
  let withoutKey = 0
  for (let passed = 0; passed < ms; passed += second) {
    await pass(second)
    const current = vault.report()['openai']?.current
    const secret = current === undefined ? undefined : vault.get('openai').reveal()
    if (![...provider.keys.values()].some((key) => key.secret === secret && key.enabled)) withoutKey += 1
  }
  return { result: await call, withoutKey }
}

describe('replace', { timeout: 60_000 }, () => {
  it('makes another key, tests and promotes it, and then ends the leaked one', async () => {
    const made = scene()
    const vault = await made.open()
    await vault.rotate('openai')
    made.provider.calls.length = 0
    const { result, withoutKey } = await during(made, vault, vault.replace('openai', 1), minute)
    expect(made.provider.calls.slice(0, 4)).toEqual(['create', 'probe', 'revoke', 'probe'])
    expect(result).toEqual({ current: 2, stage: 'revoked' })
    expect(withoutKey).toBe(0)
    expect([...made.provider.keys.keys()]).toEqual(['key_2'])
  })

  it.each([1, 3])('keeps the leaked key while the provider fails %i times', async (times) => {
    const made = scene()
    const vault = await made.open()
    await vault.rotate('openai')
    made.provider.failNext('create', outage, times)
    const { result, withoutKey } = await during(made, vault, vault.replace('openai', 1), 4 * minute)
    expect(result).toMatchObject({ stage: 'revoked' })
    expect(withoutKey).toBe(0)
    expect(made.provider.keys.size).toBe(1)
  })

  it('ends the leaked key at the deadline, and goes back to the newest that has not leaked', async () => {
    const made = scene()
    const vault = await made.open()
    for (const _key of [1, 2, 3]) await vault.rotate('openai')
    await vault.replace('openai', 2)
    made.provider.failNext('create', outage, 100)
    const { result, withoutKey } = await during(
      made,
      vault,
      vault.replace('openai', 3, { deadlineMs: 2 * minute }),
      3 * minute,
    )
    expect(result).toEqual({ current: 1, stage: 'revoked' })
    expect(withoutKey).toBe(0)
    expect(stages(vault)).toMatch(/^1 current, 2 revoked, 3 revoked/)
  })

  it('ends it also where there is no other', async () => {
    const made = scene()
    const vault = await made.open()
    await vault.rotate('openai')
    made.provider.failNext('create', outage, 100)
    const replaced = vault.replace('openai', 1, { deadlineMs: minute })
    const { result } = await during(made, vault, replaced, 2 * minute)
    expect(result).toEqual({ current: undefined, stage: 'revoked' })
    expect(made.provider.keys.size).toBe(0)
  })

  it('is done by the caller where nobody rotates, and waits for whoever can revoke', async () => {
    const made = scene()
    const first = await made.open()
    await first.rotate('openai')
    await first.rotate('openai')
    await first.close()
    const tool = await made.open({ providers: {}, rotate: false })
    const replaced = tool.replace('openai', 2, { deadlineMs: minute })
    await made.pass(2 * minute)
    expect(await replaced).toEqual({ current: 1, stage: 'compromised' })
    const server = await made.open()
    await made.pass(minute)
    expect(stages(server)).toContain('2 revoked')
  })

  it('is gone on with by another instance when the caller is gone', async () => {
    const made = scene()
    const first = await made.open()
    await first.rotate('openai')
    const tool = await made.open({ providers: {}, rotate: false })
    tool.replace('openai', 1).catch(() => undefined)
    await made.pass(second)
    await tool.close()
    await made.pass(minute)
    expect(stages(first)).toBe('1 revoked, 2 current')
  })

  it.each([
    [{ deadlineMs: -1 }, 1, 'ALFRED_CONFIG_INVALID'],
    [{}, 9, 'ALFRED_VAULT_KEY_NOT_FOUND'],
  ])('refuses %j of version %i', async (options, version, code) => {
    const vault = await scene().open()
    await vault.rotate('openai')
    await expect((async () => vault.replace('openai', version, options))()).rejects.toMatchObject({ code })
  })
})

it(
  'a current key that is revoked by force leaves its place to the one before',
  { timeout: 60_000 },
  async () => {
    const made = scene()
    const vault = await made.open()
    await vault.rotate('openai')
    await vault.rotate('openai')
    made.provider.failNext('create', outage, 3)
    const { result, withoutKey } = await during(
      made,
      vault,
      vault.revoke('openai', 2, { force: true }),
      5 * minute,
    )
    expect(result).toBe('revoked')
    expect(withoutKey).toBe(0)
    expect(stages(vault)).toMatch(/^1 previous, 2 revoked, .*current$/)
  },
)
