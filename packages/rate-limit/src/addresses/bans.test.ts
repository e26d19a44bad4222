import { type AlfredEvents, createEventBus, noopLogger, readOptions } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGuardedStore } from '../stores/guarded-store.ts'
import { createMemoryStore } from '../stores/memory/memory-store.ts'
import type { RateLimitStore } from '../stores/rate-limit-store.ts'
import { type BanOptions, banRule } from './ban-options.ts'
import { createBans, lookEveryMs } from './bans.ts'

const address = '203.0.113.7'
const minuteMs = 60_000

/** A memory store that answers later, as Redis does, and counts how often it is asked. */
function createRemoteStore(clock: ReturnType<typeof createFakeClock>) {
  const inner = createMemoryStore({ clock })
  const state = { calls: 0, down: false }
  const store: RateLimitStore = {
    ...inner,
    prepare(rules) {
      const take = inner.prepare(rules)
      return (subject, options) => {
        state.calls++
        return state.down ? Promise.reject(new Error('down')) : Promise.resolve(take(subject, options))
      }
    },
  }
  return { store, state }
}

function setUp(options: BanOptions = {}, processes = 1) {
  const clock = createFakeClock()
  const { store, state } = createRemoteStore(clock)
  // The queue of deadlines keeps its last timer until it is due.
  onTestFinished(() => {
    clock.advance(50)
  })
  const told: AlfredEvents['rate-limit.banned'][] = []
  const events = createEventBus(noopLogger)
  events.on('rate-limit.banned', (event) => told.push(event))
  const bans = readOptions('bans', { after: 3, ...options }, banRule)
  if (bans === false) throw new Error('bans are on')
  const created = Array.from({ length: processes }, () => {
    const guarded = createGuardedStore({ deadlineMs: 50, clock, logger: noopLogger, events })
    return createBans({ bans, store, guarded, clock, logger: noopLogger, events })
  })
  const [one, other] = created
  if (!one) throw new Error('no process')
  return { clock, state, told, bans: one, other: other ?? one }
}

describe('an address is banned', () => {
  it('at the last offence that is borne, for the first time', async () => {
    const { bans, told } = setUp()
    const left = []
    for (let offence = 0; offence < 3; offence++) {
      bans.countOffence(address, 1)
      await turn()
      left.push(bans.remainingMs(address))
    }
    expect(left).toEqual([0, 0, minuteMs])
    expect(told).toEqual([{ durationMs: minuteMs, level: 0 }])
  })

  it.each([
    ['one grave offence', [3], true],
    ['one beyond all measure', [1000], true],
    ['offences of some weight', [1, 2], true],
    ['too few', [1, 1], false],
  ])('by %s', (_what, weights, expected) => {
    const { bans } = setUp()
    for (const weight of weights) bans.countOffence(address, weight)
    expect(bans.remainingMs(address) > 0).toBe(expected)
  })

  it('not by offences that lie apart', () => {
    const { bans, clock } = setUp()
    for (let offence = 0; offence < 10; offence++) {
      bans.countOffence(address, 1)
      clock.advance(minuteMs)
    }
    expect(bans.remainingMs(address)).toBe(0)
  })

  it.each([
    ['itself alone', address, '203.0.113.8', {}, false],
    ['its /64', '2001:db8:1:2::1', '2001:db8:1:2::ffff', {}, true],
    ['no other /64', '2001:db8:1:2::1', '2001:db8:1:3::1', {}, false],
    ['its /48 where asked', '2001:db8:1:2::1', '2001:db8:1:3::1', { ipv6PrefixBits: 48 as const }, true],
  ])('with %s', (_what, offender, other, options, expected) => {
    const { bans } = setUp(options)
    bans.countOffence(offender, 3)
    expect(bans.remainingMs(other) > 0).toBe(expected)
  })
})

/** Bans the address so many times, each time when the one before is over. */
async function durations({ bans, clock, told }: ReturnType<typeof setUp>, times: number) {
  for (let time = 0; time < times; time++) {
    bans.countOffence(address, 3)
    await turn()
    clock.advance(bans.remainingMs(address))
  }
  return told.map(({ durationMs }) => durationMs / minuteMs)
}

describe('bans grow', () => {
  it('by the factor, to a day', async () => {
    const grown = await durations(setUp(), 14)
    expect(grown.slice(0, 5)).toEqual([1, 2, 4, 8, 16])
    expect(Math.max(...grown)).toBe(24 * 60)
    expect(grown.at(-1)).toBe(24 * 60)
  })

  it('not at all with a factor of 1', async () => {
    expect(await durations(setUp({ factor: 1 }), 3)).toEqual([1, 1, 1])
  })

  it('from the start again after a quiet time', async () => {
    const set = setUp({ forgetAfterMs: 10 * minuteMs })
    expect(await durations(set, 3)).toEqual([1, 2, 4])
    set.clock.advance(30 * minuteMs)
    set.told.length = 0
    expect(await durations(set, 1)).toEqual([1])
  })

  it('never past the longest, never below the first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        async (firstMs, more, factor) => {
          const set = setUp({ firstMs, maxMs: firstMs + more, factor })
          for (const minutes of await durations(set, 8)) {
            expect(minutes * minuteMs).toBeGreaterThanOrEqual(firstMs - 1e-6)
            expect(minutes * minuteMs).toBeLessThanOrEqual(firstMs + more + 1e-6)
          }
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('the store', () => {
  it('is not asked while a ban holds, and once a minute whether it still does', async () => {
    const { bans, clock, state } = setUp({ firstMs: 10 * minuteMs })
    bans.countOffence(address, 3)
    await turn()
    const before = state.calls
    for (let request = 0; request < 1000; request++) {
      expect(bans.remainingMs(address)).toBeGreaterThan(0)
      bans.countOffence(address, 1)
      clock.advance(50)
    }
    expect(state.calls).toBe(before)
    clock.advance(lookEveryMs)
    expect(bans.remainingMs(address)).toBeGreaterThan(0)
    await turn()
    expect(state.calls).toBe(before + 1)
    expect(bans.remainingMs(address)).toBeGreaterThan(0)
  })

  it('is not asked about every offence', async () => {
    const { bans, state } = setUp({ after: 1000 })
    for (let offence = 0; offence < 900; offence++) bans.countOffence(address, 1)
    await turn()
    expect(state.calls).toBe(0)
  })

  it('tells the other processes of a ban, and of its end', async () => {
    const { bans, other, clock } = setUp({ firstMs: 10 * minuteMs }, 2)
    bans.countOffence(address, 3)
    await turn()
    expect(other.remainingMs(address)).toBe(0)
    await turn()
    expect(other.remainingMs(address)).toBe(10 * minuteMs)
    await bans.lift(address)
    expect(bans.remainingMs(address)).toBe(0)
    clock.advance(lookEveryMs)
    other.remainingMs(address)
    await turn()
    expect(other.remainingMs(address)).toBe(0)
  })

  it('lets a ban of two processes count once', async () => {
    const { bans, other, told } = setUp({}, 2)
    bans.countOffence(address, 3)
    await turn()
    other.countOffence(address, 3)
    await turn()
    expect(told).toEqual([{ durationMs: minuteMs, level: 0 }])
    expect(other.remainingMs(address)).toBe(minuteMs)
  })

  it('may be away: the process bans by itself, and growing', async () => {
    const set = setUp()
    set.state.down = true
    expect(await durations(set, 3)).toEqual([1, 2, 4])
    set.bans.countOffence(address, 3)
    await turn()
    set.state.down = false
    set.clock.advance(lookEveryMs)
    expect(set.bans.remainingMs(address)).toBeGreaterThan(0)
    await turn()
    expect(set.bans.remainingMs(address)).toBeGreaterThan(0)
  })
})

it('remembers no more addresses than it may', async () => {
  const { bans } = setUp({ maxAddresses: 10 })
  for (let last = 0; last < 100; last++) bans.countOffence(`203.0.113.${String(last)}`, 3)
  await turn()
  const banned = Array.from({ length: 100 }, (_, last) => bans.remainingMs(`203.0.113.${String(last)}`) > 0)
  expect(banned.filter(Boolean)).toHaveLength(10)
  expect(banned.slice(90)).toEqual(Array.from({ length: 10 }, () => true))
})

it.each([
  ['an unknown one', { untl: 5 }, 'ALFRED_CONFIG_UNKNOWN_KEY'],
  ['no offence', { after: 0 }, 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ['shrinking bans', { factor: 0.5 }, 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ['a longest below the first', { firstMs: 10, maxMs: 5 }, 'ALFRED_CONFIG_CONFLICT'],
  ['a status of success', { statuses: { 200: 1 } }, 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ['a weight of 0', { statuses: { 401: 0 } }, 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ['a prefix that splits customers', { ipv6PrefixBits: 128 }, 'ALFRED_CONFIG_OUT_OF_RANGE'],
  ['a word', 'yes', 'ALFRED_CONFIG_WRONG_TYPE'],
])('refuses %s', (_what, options, code) => {
  expect(() => readOptions('bans', options, banRule)).toThrow(code)
})
