import { describe, expect, it } from 'vitest'
import { type FakeMachine, fakeSlots, type Fault, newMachine, rollOutOn } from './fake-machine.ts'
import { rollbackTarget } from './history.ts'
import type { Release } from './release.ts'

const release = (version: string): Release => ({ version, digest: `sha256:${version.padStart(64, '0')}` })
const old = release('1')
const next = release('2')

/** A machine that serves the old release from both slots. */
async function servingOld(): Promise<FakeMachine> {
  const machine = newMachine()
  await rollOutOn(machine, 'deploy', old)
  machine.calls.length = 0
  machine.fewestServing = fakeSlots.length
  return machine
}

const digests = ({ running }: FakeMachine): readonly (string | undefined)[] =>
  fakeSlots.map(({ name }) => running.get(name)?.digest)

function expectServing(machine: FakeMachine, { digest }: Release): void {
  expect(digests(machine)).toEqual([digest, digest])
  expect([...machine.up].sort()).toEqual(['a', 'b'])
}

const writes = (call: string): boolean => call !== 'write'

it('takes a slot out before it stops it, and never both', async () => {
  const machine = await servingOld()
  await rollOutOn(machine, 'deploy', next)
  const each = (name: string): readonly string[] => [
    `down ${name}`,
    `stop ${name}`,
    `start ${name}`,
    `up ${name}`,
    'smoke',
  ]
  expect(machine.calls.filter(writes)).toEqual(['check', 'migrate', 'assets', ...each('a'), ...each('b')])
  expect(machine.fewestServing).toBe(1)
  expect(machine.state).toMatchObject({ current: next, history: [old, next], run: { outcome: 'succeeded' } })
})

it('does nothing to slots that serve the release already', async () => {
  const machine = await servingOld()
  await rollOutOn(machine, 'deploy', old)
  expect(machine.calls.filter(writes)).toEqual(['check', 'migrate', 'assets'])
})

it('goes back without saving or migrating', async () => {
  const machine = await servingOld()
  await rollOutOn(machine, 'deploy', next)
  machine.calls.length = 0
  await rollOutOn(machine, 'rollback', old)
  expect(machine.calls).not.toContain('migrate')
  expectServing(machine, old)
})

it('begins with the slot that does not serve', async () => {
  const machine = await servingOld()
  machine.running.delete('b')
  await rollOutOn(machine, 'deploy', next)
  expect(machine.calls.filter((call) => call.startsWith('down'))).toEqual(['down b', 'down a'])
})

/** Fails one call. */
const failAt =
  (failing: number): Fault =>
  (_call, index) =>
    index === failing ? Promise.reject(new Error('injected')) : Promise.resolve()

/** How many calls a whole deployment makes. */
const callsOfDeploy = 34

describe('when a call fails', () => {
  it('counts the calls of a deployment', async () => {
    const machine = await servingOld()
    await rollOutOn(machine, 'deploy', next)
    expect(machine.calls).toHaveLength(callsOfDeploy)
  })

  it.each(Array.from({ length: callsOfDeploy - 1 }, (_, index) => index))(
    'number %i: the old release serves from both slots, and at least one served all the time',
    async (index) => {
      const machine = await servingOld()
      await expect(rollOutOn(machine, 'deploy', next, failAt(index))).rejects.toThrow('injected')
      expectServing(machine, old)
      expect(machine.fewestServing).toBeGreaterThanOrEqual(1)
      expect(machine.state.current).toEqual(old)
      // Another try goes through.
      await rollOutOn(machine, 'deploy', next)
      expectServing(machine, next)
    },
  )
})

/** Ends the driver at a call: nothing after it happens. */
function killAt(dying: number): { readonly fault: Fault; readonly killed: Promise<never> } {
  let die = (): void => undefined
  const killed = new Promise<never>((_resolve, reject) => {
    die = () => {
      reject(new Error('killed'))
    }
  })
  const fault: Fault = (_call, index) => {
    if (index < dying) return Promise.resolve()
    die()
    return new Promise(() => undefined)
  }
  return { fault, killed }
}

describe('when the driver is killed', () => {
  it.each(Array.from({ length: callsOfDeploy }, (_, index) => index))(
    'before call %i: a slot serves, the next deployment converges, and so does going back',
    async (index) => {
      for (const goesBack of [false, true]) {
        const machine = await servingOld()
        const { fault, killed } = killAt(index)
        await expect(Promise.race([rollOutOn(machine, 'deploy', next, fault), killed])).rejects.toThrow(
          'killed',
        )
        expect(machine.fewestServing).toBeGreaterThanOrEqual(1)
        const target = goesBack ? (rollbackTarget(machine.state) ?? old) : next
        await rollOutOn(machine, goesBack ? 'rollback' : 'deploy', target)
        expectServing(machine, target)
        expect(machine.fewestServing).toBeGreaterThanOrEqual(1)
      }
    },
  )
})

it('restores a slot whose new release never becomes ready, and says where it failed', async () => {
  const machine = await servingOld()
  machine.ill.add(next.digest)
  await expect(rollOutOn(machine, 'deploy', next)).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/failed at ready of slot a: .* serves\./) as string,
  })
  expectServing(machine, old)
  expect(machine.state.run).toMatchObject({ outcome: 'failed', step: 'ready', slot: 'a', target: next })
})

it('says so when the slot cannot be restored either', async () => {
  const machine = await servingOld()
  machine.ill.add(next.digest).add(old.digest)
  await expect(rollOutOn(machine, 'deploy', next)).rejects.toMatchObject({ kind: 'broken' })
  expect(machine.state.run).toMatchObject({ outcome: 'broken' })
  // The other slot was left alone.
  expect(machine.up.has('b')).toBe(true)
  expect(machine.running.get('b')?.digest).toBe(old.digest)
})
