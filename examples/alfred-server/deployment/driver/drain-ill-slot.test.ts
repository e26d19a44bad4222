import { expect, it } from 'vitest'
import { drainIllSlot } from './drain-ill-slot.ts'
import { fakeSlots } from './fake-machine.ts'

type Condition = 'well' | 'unready' | 'silent' | 'ended' | 'out'

/** Drains on a machine whose slots a and b are as told. @returns the slot, and which ones were taken out */
async function drain(a: Condition, b: Condition, dryRun = false) {
  const conditions: Readonly<Record<string, Condition>> = { a, b }
  const taken: string[] = []
  const slot = await drainIllSlot({
    dryRun,
    signal: new AbortController().signal,
    backend: {
      slots: fakeSlots,
      running: ({ name }) =>
        Promise.resolve(conditions[name] === 'ended' ? undefined : { digest: 'sha256:1', instance: '1' }),
      ask: ({ name }) =>
        conditions[name] === 'silent'
          ? Promise.reject(new Error('no answer'))
          : Promise.resolve({
              isReady: conditions[name] === 'well',
              version: undefined,
              activeRequests: 0,
            }),
    },
    edge: {
      isUp: ({ name }) => Promise.resolve(conditions[name] !== 'out'),
      down: ({ name }) => {
        taken.push(name)
        return Promise.resolve()
      },
    },
  })
  return { slot: slot?.name, taken }
}

it.each(['unready', 'silent', 'ended'] as const)('takes out a slot that is %s', async (condition) => {
  expect(await drain('well', condition)).toEqual({ slot: 'b', taken: ['b'] })
  expect(await drain(condition, 'well')).toEqual({ slot: 'a', taken: ['a'] })
})

it('only names it in a dry run', async () => {
  expect(await drain('ended', 'well', true)).toEqual({ slot: 'a', taken: [] })
})

it.each([
  ['well', 'well'],
  ['well', 'out'],
] as const)('leaves slots that are %s and %s', async (a, b) => {
  expect(await drain(a, b)).toEqual({ slot: undefined, taken: [] })
})

it.each([
  ['ended', 'unready'],
  ['silent', 'out'],
] as const)('refuses where slots are %s and %s: one that is ill is better than none', async (a, b) => {
  await expect(drain(a, b)).rejects.toThrow('No other slot is well')
})
