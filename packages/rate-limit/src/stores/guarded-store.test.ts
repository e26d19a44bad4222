import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGuardedStore } from './guarded-store.ts'
import type { ResolvedPolicy } from '../policies/policy.ts'
import type { StoreAnswer } from './rate-limit-store.ts'

const policy = (name: string, onStoreError: ResolvedPolicy['onStoreError']): ResolvedPolicy => ({
  name,
  limit: 1,
  windowMs: 1000,
  algorithm: 'gcra',
  lifeMs: 1000,
  bursts: true,
  plan: undefined,
  planned: false,
  takeAhead: undefined,
  burst: 1,
  cost: 1,
  key: 'address',
  ipv6PrefixBits: 56,
  match: '/',
  countWhen: undefined,
  enforced: true,
  onStoreError,
  quotaUnit: 'requests',
  partitionKey: false,
})
const policies = [policy('a', 'allow'), policy('b', 'deny')]
const answer: StoreAnswer = { admitted: true, answers: [] }
const works = (): Promise<StoreAnswer> => Promise.resolve(answer)
const fails = (): Promise<StoreAnswer> => Promise.reject(new Error('no'))
const hangs = (): Promise<StoreAnswer> => new Promise(() => undefined)

function setUp() {
  const clock = createFakeClock()
  // The queue of deadlines keeps its last timer until it is due.
  onTestFinished(() => {
    clock.advance(50)
  })
  const events = createEventBus(noopLogger)
  const told: string[] = []
  const tell = (event: AlfredEvents['rate-limit.store-unavailable']): void => {
    told.push(`${event.policy} ${event.action}`)
  }
  events.on('rate-limit.store-unavailable', tell)
  events.on('rate-limit.store-recovered', ({ outageMs }) => told.push(`recovered ${String(outageMs)}`))
  const store = createGuardedStore({ deadlineMs: 50, clock, logger: noopLogger, events })
  const take = (call: () => StoreAnswer | Promise<StoreAnswer>) => store.take(call, policies, 's')
  /** Lets time pass, and what is due then happen. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await turn()
  }
  return { clock, store, take, told, pass }
}

describe('a guarded store', () => {
  it('hands on an answer that comes at once, at once', () => {
    expect(setUp().take(() => answer)).toBe(answer)
  })

  it('hands on an answer that comes in time', async () => {
    const { take, told } = setUp()
    expect(await take(works)).toBe(answer)
    expect(told).toEqual([])
  })

  it.each([
    ['rejects', fails],
    [
      'throws',
      (): never => {
        throw new Error('no')
      },
    ],
  ])('has no answer when the store %s', async (_what, call) => {
    expect(await setUp().take(call)).toBeUndefined()
  })

  it('waits for the deadline and no longer', async () => {
    const { take, pass } = setUp()
    const order: string[] = []
    const waiting = Promise.resolve(take(hangs)).then(() => order.push('late'))
    await pass(49)
    order.push('49 ms')
    await pass(1)
    await waiting
    expect(order).toEqual(['49 ms', 'late'])
  })

  it('takes an answer that came while the process was too busy to read it', async () => {
    const { take, clock } = setUp()
    let arrive: (came: StoreAnswer) => void = () => undefined
    const waiting = take(() => new Promise((resolve) => (arrive = resolve)))
    clock.advance(1000)
    arrive(answer)
    expect(await waiting).toBe(answer)
  })

  it('watches many calls with one timer', async () => {
    const { take, clock, pass } = setUp()
    const waiting: Promise<StoreAnswer | undefined>[] = []
    for (let call = 0; call < 20; call++) {
      waiting.push(Promise.resolve(take(call % 2 === 0 ? works : hangs)))
      await pass(1)
    }
    expect(clock.pendingTimers).toBe(1)
    await pass(50)
    await pass(50)
    expect((await Promise.all(waiting)).filter((each) => each === undefined)).toHaveLength(10)
    expect(clock.pendingTimers).toBe(0)
  })

  it('tells of an outage once for each policy, and of its end', async () => {
    const { take, told, pass } = setUp()
    await take(fails)
    await take(fails)
    expect(told).toEqual(['a allow', 'b deny'])
    await pass(70)
    await take(works)
    await take(works)
    expect(told).toEqual(['a allow', 'b deny', 'recovered 70'])
    await take(fails)
    expect(told.slice(3)).toEqual(['a allow', 'b deny'])
  })

  it('stops waiting after five failures in a row, and lets one call try every half second', async () => {
    const { take, pass } = setUp()
    let calls = 0
    const counted = (): Promise<StoreAnswer> => {
      calls++
      return fails()
    }
    for (let call = 0; call < 10; call++) await take(counted)
    expect(calls).toBe(5)
    expect(take(counted)).toBeUndefined()
    await pass(500)
    expect(take(counted)).toBeInstanceOf(Promise)
    expect(take(counted)).toBeUndefined()
    await turn()
    expect(calls).toBe(6)
    await pass(500)
    expect(await take(works)).toBe(answer)
    await take(counted)
    expect(calls).toBe(7)
  })

  it('does not stop for failures that are not in a row', async () => {
    const { take } = setUp()
    for (let call = 0; call < 20; call++) await take(call % 5 === 4 ? works : fails)
    expect(await take(works)).toBe(answer)
  })

  it('leaves no timer behind when closed', () => {
    const { take, clock, store } = setUp()
    void take(hangs)
    store.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

/** One policy's answer that is right. */
const right = { allowed: true, remaining: 1, retryAfterMs: 0, nextMs: 0, resetMs: 0 }

describe('a store of the application', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'yes'],
    ['a verdict that is no boolean', { admitted: 'yes', answers: [] }],
    ['no answers', { admitted: true }],
    ['NaN to wait', { admitted: false, answers: [{ ...right, allowed: false, retryAfterMs: NaN }] }],
    ['a text as what is left', { admitted: true, answers: [{ ...right, remaining: '3' }] }],
    ['an endless wait', { admitted: false, answers: [{ ...right, allowed: false, resetMs: Infinity }] }],
  ])('that answers %s counts as away', async (_name, given) => {
    const { take } = setUp()
    expect(take(() => given as StoreAnswer)).toBeUndefined()
    expect(await setUp().take(() => Promise.resolve(given as StoreAnswer))).toBeUndefined()
  })

  it('may answer by a foreign thenable', async () => {
    const { take } = setUp()
    const thenable = {
      then: (resolve: (value: StoreAnswer) => void) => {
        resolve(answer)
      },
    }
    expect(await take(() => thenable as unknown as Promise<StoreAnswer>)).toBe(answer)
  })
})
