import { afterEach, beforeEach, describe, expect, it } from 'vitest'

type WindowAlgorithm = 'gcra' | 'sliding-window' | 'fixed-window' | 'token-bucket'
type Algorithm = WindowAlgorithm | 'concurrency'

/** A rule as the contract has it. */
interface Rule {
  readonly name: string
  readonly algorithm: Algorithm
  readonly limit: number
  readonly windowMs: number
  readonly burst: number
  readonly cost: number
  readonly enforced: boolean
  readonly planned?: boolean
}

interface Quota {
  readonly limit: number
  readonly windowMs: number
  readonly burst: number
}

interface Edit {
  readonly rule: { readonly name: string; readonly algorithm: Algorithm }
  readonly subject: string
  readonly forget: boolean
  readonly blockMs?: number
}

interface Answer {
  readonly allowed: boolean
  readonly remaining: number
  readonly retryAfterMs: number
  readonly nextMs: number
  readonly resetMs: number
}

interface StoreAnswer {
  readonly admitted: boolean
  readonly answers: readonly Answer[]
}

interface TakeOptions {
  readonly costs?: readonly number[]
  readonly forced?: boolean
  readonly quotas?: readonly (Quota | undefined)[]
  readonly lease?: number
}

type Take = (subject: string, options?: TakeOptions) => StoreAnswer | Promise<StoreAnswer>

/** What the suite needs of a rate limit store; any `RateLimitStore` has it. */
export interface RateLimitStoreUnderTest {
  prepare(rules: readonly Rule[]): Take
  edit?(edit: Edit): Promise<void> | void
  supports?(rule: Rule): string | undefined
  ready(): Promise<void>
  close(): Promise<void>
}

/**
 * What a store may declare that it cannot do. The suite then holds it to saying so, in place of the tests:
 * `supports` must refuse the algorithm, `plans`, `part-seconds` and `long-windows`, and `edit` must be missing
 * for `edits`. Without `plans` a count need not outlive a change of its rule's numbers.
 */
export type RateLimitStoreLimitation = Algorithm | 'plans' | 'part-seconds' | 'long-windows' | 'edits'

/** What {@link rateLimitStoreConformance} is told of a store. */
export interface RateLimitStoreConformanceOptions {
  /** @default [] */
  readonly cannot?: readonly RateLimitStoreLimitation[]
}

/** A store and the time it goes by. */
export interface RateLimitStoreHarness {
  /** A store that knows nothing yet. */
  readonly store: RateLimitStoreUnderTest
  /** Lets at least `ms` milliseconds pass for the store: moves a fake clock, or waits. */
  pass(ms: number): void | Promise<void>
}

const minuteMs = 60_000
const dayMs = 86_400_000

/** In which part of a window a unit is back after a limit of three was used up, and in how many all are. */
const waits: Readonly<Record<WindowAlgorithm, readonly [retry: number, reset: number]>> = {
  gcra: [1 / 3, 1],
  'fixed-window': [1, 1],
  'token-bucket': [1, 1],
  'sliding-window': [4 / 3, 2],
}

const windowAlgorithms = Object.keys(waits) as readonly WindowAlgorithm[]

const remaining = (answer: StoreAnswer): number[] => answer.answers.map((each) => each.remaining)

/**
 * Registers the tests that every rate limit store passes, under the name of the store, for each algorithm.
 *
 * @param start - makes a fresh store for each test; the suite closes it
 */
export function rateLimitStoreConformance(
  name: string,
  start: () => RateLimitStoreHarness | Promise<RateLimitStoreHarness>,
  { cannot = [] }: RateLimitStoreConformanceOptions = {},
): void {
  const able = (ability: RateLimitStoreLimitation): boolean => !cannot.includes(ability)
  /** Windows of a part of a second, where the store has them. */
  const shortMs = (ms: number): number => (able('part-seconds') ? ms : Math.ceil(ms / 1000) * 1000)

  if (cannot.length > 0)
    describe(`${name} says what it cannot do`, () => {
      const whole: Rule = {
        name: 'a',
        algorithm: 'fixed-window',
        limit: 3,
        windowMs: 1000,
        burst: 3,
        cost: 1,
        enforced: true,
      }
      const refused: Partial<Record<RateLimitStoreLimitation, Rule>> = {
        'part-seconds': { ...whole, windowMs: 1500 },
        'long-windows': { ...whole, windowMs: 30 * dayMs },
        plans: { ...whole, planned: true },
        ...Object.fromEntries(
          [...windowAlgorithms, 'concurrency' as const].map((algorithm) => [
            algorithm,
            { ...whole, algorithm },
          ]),
        ),
      }

      it.each(cannot)('%s', async (limitation) => {
        const { store } = await start()
        const rule = refused[limitation]
        if (rule) expect(store.supports?.(rule)).toMatch(/^(needs|must not have) .*\.$/)
        if (limitation === 'edits') expect('edit' in store).toBe(false)
        expect(store.supports?.(whole)).toBeUndefined()
        await store.close()
      })
    })

  describe.each(windowAlgorithms.filter(able))(`${name} is a rate limit store: %s`, (algorithm) => {
    const rule = (changes: Partial<Rule> = {}): Rule => {
      const limit = changes.limit ?? 3
      const rest = { name: 'a', algorithm, windowMs: minuteMs, cost: 1, enforced: true, burst: limit }
      return { ...rest, ...changes, limit }
    }
    const [retryWindows, resetWindows] = waits[algorithm]
    let harness: RateLimitStoreHarness
    let store: RateLimitStoreUnderTest

    beforeEach(async () => {
      harness = await start()
      store = harness.store
      await store.ready()
    })
    afterEach(() => store.close())

    const takeTimes = async (take: Take, times: number, subject = 's'): Promise<StoreAnswer> => {
      let last = await take(subject)
      for (let done = 1; done < times; done++) last = await take(subject)
      return last
    }

    it('admits the burst, counting down, and then refuses', async () => {
      const take = store.prepare([rule()])
      for (const left of [2, 1, 0]) {
        expect(await take('s')).toMatchObject({
          admitted: true,
          answers: [{ allowed: true, remaining: left, retryAfterMs: 0 }],
        })
      }
      const refused = await take('s')
      expect(refused).toMatchObject({ admitted: false, answers: [{ allowed: false, remaining: 0 }] })
      const [answer] = refused.answers
      expect(answer?.retryAfterMs).toBeGreaterThan(0)
      expect(answer?.retryAfterMs).toBeLessThanOrEqual(minuteMs * retryWindows)
      expect(answer?.nextMs).toBe(answer?.retryAfterMs)
      expect(answer?.resetMs).toBeGreaterThan(minuteMs * (resetWindows - 1 / 3))
      expect(answer?.resetMs).toBeLessThanOrEqual(minuteMs * resetWindows)
    })

    it('admits again, once, after the time it named', async () => {
      const take = store.prepare([rule({ limit: 2, windowMs: shortMs(600) })])
      const refused = await takeTimes(take, 3)
      await harness.pass(refused.answers[0]?.retryAfterMs ?? 0)
      expect((await take('s')).admitted).toBe(true)
    })

    it('has everything left after the reset time', async () => {
      const take = store.prepare([rule({ limit: 7, windowMs: shortMs(150) })])
      const last = await takeTimes(take, 7)
      await harness.pass(last.answers[0]?.resetMs ?? 0)
      expect(remaining(await take('s', { costs: [0] }))).toEqual([7])
    })

    it.each([
      { limit: 7, windowMs: minuteMs },
      { limit: 999_983, windowMs: 365 * dayMs },
      { limit: 16_777_259, windowMs: 3650 * dayMs },
      { limit: 1, windowMs: 400 * dayMs },
      { limit: 3, windowMs: 3650 * dayMs },
    ])('counts $limit per $windowMs ms without rounding', async ({ limit, windowMs }) => {
      if (!able('long-windows') && windowMs > 24 * dayMs) {
        expect(store.supports?.(rule({ limit, windowMs }))).toMatch(/24 days/)
        return
      }
      const take = store.prepare([rule({ limit, windowMs })])
      const few = Math.min(limit, 5)
      if (limit > few) expect((await take('s', { costs: [limit - few] })).admitted).toBe(true)
      expect(remaining(await takeTimes(take, few))).toEqual([0])
      expect((await take('s')).admitted).toBe(false)
      expect(remaining(await take('s', { costs: [-few] }))).toEqual([few])
    })

    it('counts in all rules or in none', async () => {
      const wide = rule({ name: 'wide', limit: 5 })
      const narrow = rule({ name: 'narrow', limit: 2 })
      const both = store.prepare([wide, narrow])
      expect(remaining(await takeTimes(both, 2))).toEqual([3, 0])
      expect(await both('s')).toMatchObject({
        admitted: false,
        answers: [
          { allowed: true, remaining: 3, retryAfterMs: 0 },
          { allowed: false, remaining: 0 },
        ],
      })
      expect(remaining(await store.prepare([wide])('s', { costs: [0] }))).toEqual([3])
    })

    it('shares the counts of a rule between the sets it is in', async () => {
      const [a, b, c] = ['a', 'b', 'c'].map((each) => rule({ name: each, limit: 9 }))
      if (!a || !b || !c) throw new Error('three rules')
      await store.prepare([a, b])('s')
      await store.prepare([c])('s')
      await store.prepare([b, c])('s')
      expect(remaining(await store.prepare([c, a, b])('s'))).toEqual([6, 7, 6])
    })

    it('never refuses for a rule that is not enforced', async () => {
      const take = store.prepare([
        rule({ name: 'shadow', limit: 1, enforced: false }),
        rule({ name: 'real', limit: 3 }),
      ])
      await take('s')
      expect(await take('s')).toMatchObject({
        admitted: true,
        answers: [
          { allowed: false, remaining: 0 },
          { allowed: true, remaining: 1 },
        ],
      })
      const alone = store.prepare([rule({ name: 'shadow', limit: 1, enforced: false })])
      expect(await alone('s')).toMatchObject({ admitted: true, answers: [{ allowed: false }] })
    })

    it('takes other costs than the rules have', async () => {
      const take = store.prepare([rule({ name: 'a', limit: 10 }), rule({ name: 'b', limit: 10, cost: 4 })])
      expect(remaining(await take('s', { costs: [7, 1] }))).toEqual([3, 9])
      expect(remaining(await take('s'))).toEqual([2, 5])
      expect(await take('s', { costs: [3, 1] })).toMatchObject({ admitted: false })
    })

    it('only looks at a cost of 0, and says how the next request would fare', async () => {
      const take = store.prepare([rule({ limit: 1 })])
      expect(await take('s', { costs: [0] })).toMatchObject({
        admitted: true,
        answers: [{ allowed: true, remaining: 1, retryAfterMs: 0, nextMs: 0, resetMs: 0 }],
      })
      await take('s')
      const looked = await take('s', { costs: [0] })
      expect(looked).toMatchObject({ admitted: true, answers: [{ allowed: false, remaining: 0 }] })
      expect(looked.answers[0]?.retryAfterMs).toBeGreaterThan(0)
    })

    it('gives back at a negative cost, never more than there was', async () => {
      const take = store.prepare([rule({ limit: 5 })])
      await takeTimes(take, 5)
      expect(remaining(await take('s', { costs: [-2] }))).toEqual([2])
      expect(remaining(await take('s', { costs: [-100] }))).toEqual([5])
      expect(remaining(await takeTimes(take, 5))).toEqual([0])
      expect((await take('s')).admitted).toBe(false)
    })

    // The other algorithms give back whole units alone.
    if (algorithm === 'gcra')
      it('gives back fractions of a unit', async () => {
        const take = store.prepare([rule({ limit: 5 })])
        await takeTimes(take, 5)
        expect(remaining(await take('s', { costs: [-0.5] }))).toEqual([0])
        expect(remaining(await take('s', { costs: [-0.5] }))).toEqual([1])
      })

    it('counts what has happened already as far as the quota holds it', async () => {
      const shadow = rule({ name: 'shadow', limit: 2, enforced: false })
      const take = store.prepare([rule({ limit: 5 }), shadow])
      await take('s', { costs: [3, 1] })
      const charged = await take('s', { costs: [4, 0], forced: true })
      expect(charged.admitted).toBe(true)
      expect(remaining(charged)).toEqual([0, 1])
      expect(remaining(await take('s', { costs: [-1, 0], forced: true }))).toEqual([1, 1])
    })

    it.each([
      ['an address', 'a:203.0.113.7'],
      ['a network', 'a:2001:db8:1:2::/64'],
      ['braces', 'k:{a}{b}'],
      ['braces the wrong way round', 'k:}{'],
      ['other letters', 'u:ключ'],
      ['a line break', 'k: with space\r\n'],
      ['a long name', `k:${'x'.repeat(2000)}`],
      ['the name of a property', '__proto__'],
    ])('keeps apart from others: %s', async (_what, subject) => {
      const take = store.prepare([rule({ limit: 2 })])
      await takeTimes(take, 2, 'other')
      expect(remaining(await take(subject))).toEqual([1])
      expect(remaining(await take(subject))).toEqual([0])
      expect((await take(subject)).admitted).toBe(false)
    })

    it('admits no more than the burst of calls made together', async () => {
      const take = store.prepare([rule({ limit: 10 })])
      const answers = await Promise.all(Array.from({ length: 50 }, async () => take('s')))
      expect(answers.filter(({ admitted }) => admitted)).toHaveLength(10)
    })

    if (able('plans'))
      it('locks nobody out for longer than two windows when a rule is made smaller', async () => {
        const before = store.prepare([rule({ limit: 1000, windowMs: dayMs })])
        await before('s', { costs: [1000] })
        const answer = await store.prepare([rule({ limit: 2, windowMs: 1000 })])('s')
        expect(answer.admitted).toBe(false)
        expect(answer.answers[0]?.retryAfterMs).toBeLessThanOrEqual(1000 * retryWindows * 2)
      })

    if (able('plans'))
      it.each([
        ['a denial', {}],
        ['a look', { costs: [0] }],
        ['a look at a plan', { costs: [0], quotas: [{ limit: 2, windowMs: 400, burst: 2 }] }],
      ])('keeps what %s said after a rule was made smaller', async (_what, options) => {
        await store.prepare([rule({ limit: 1000, windowMs: dayMs })])('s', { costs: [1000] })
        const take = store.prepare([rule({ limit: 2, windowMs: 400, planned: 'quotas' in options })])
        const said = await take('s', options)
        expect(said.answers).toMatchObject([{ allowed: false }])
        await harness.pass(said.answers[0]?.retryAfterMs ?? 0)
        expect((await take('s')).admitted).toBe(true)
      })

    it('checks 31 rules at once', async () => {
      const rules = Array.from({ length: 31 }, (_, index) =>
        rule({ name: `rule ${String(index)}`, limit: index + 2 }),
      )
      const take = store.prepare(rules)
      await take('s')
      expect(remaining(await take('s'))).toEqual(rules.map(({ limit }) => limit - 2))
      expect(await take('s')).toMatchObject({ admitted: false })
    })

    if (able('plans'))
      it('goes by the quotas that a call brings, in one count', async () => {
        const take = store.prepare([rule({ limit: 2, planned: true }), rule({ name: 'fixed', limit: 9 })])
        const quotas = [{ limit: 6, windowMs: minuteMs, burst: 6 }, undefined]
        expect(remaining(await take('s', { quotas }))).toEqual([5, 8])
        expect(remaining(await take('s', { quotas, costs: [4, 1] }))).toEqual([1, 7])
        expect((await take('s', { quotas, costs: [2, 1] })).admitted).toBe(false)
        expect(remaining(await take('s', { quotas, costs: [0, 0] }))).toEqual([1, 7])
        expect(remaining(await take('t'))).toEqual([1, 8])
        // Back to the smaller quota, which cannot hold what was counted.
        expect((await take('s')).admitted).toBe(false)
      })

    if (able('plans'))
      it('admits nothing under a quota of 0, and all under one without a limit', async () => {
        const take = store.prepare([rule({ limit: 2, planned: true }), rule({ name: 'fixed', limit: 9 })])
        const nothing = [{ limit: 0, windowMs: minuteMs, burst: 0 }, undefined]
        const everything = [{ limit: Infinity, windowMs: minuteMs, burst: Infinity }, undefined]
        expect(await take('s', { quotas: nothing })).toMatchObject({
          admitted: false,
          answers: [{ allowed: false, remaining: 0, retryAfterMs: Infinity }, { allowed: true }],
        })
        expect(remaining(await take('s', { quotas: nothing, costs: [0, 0] }))).toEqual([0, 9])
        for (const left of [8, 7, 6]) {
          const answer = await take('s', { quotas: everything, costs: [1_000_000_000, 1] })
          expect(answer.admitted).toBe(true)
          expect(remaining(answer)).toEqual([Infinity, left])
        }
        expect(await take('s', { quotas: nothing, costs: [1, 0], forced: true })).toMatchObject({
          admitted: true,
        })
        expect((await take('s', { quotas: nothing })).admitted).toBe(false)
      })

    if (able('edits'))
      it('refuses while blocked, and knows the counts afterwards', async () => {
        const [a, b] = [rule({ name: 'a', limit: 9 }), rule({ name: 'b', limit: 9 })]
        const both = store.prepare([a, b])
        await both('s')
        await store.edit?.({ rule: a, subject: 's', forget: false, blockMs: dayMs })
        const refused = await both('s')
        expect(refused).toMatchObject({
          admitted: false,
          answers: [{ allowed: false, remaining: 0 }, { allowed: true }],
        })
        expect(refused.answers[0]?.retryAfterMs).toBeGreaterThan(dayMs - minuteMs)
        expect((await store.prepare([b])('s')).admitted).toBe(true)
        expect((await both('t')).admitted).toBe(true)
        expect((await both('s')).admitted).toBe(false)
        await store.edit?.({ rule: a, subject: 's', forget: false, blockMs: 0 })
        expect(remaining(await both('s'))).toEqual([7, 6])
      })

    if (able('edits'))
      it('ends a block by itself', async () => {
        const take = store.prepare([rule()])
        await store.edit?.({ rule: rule(), subject: 's', forget: false, blockMs: 100 })
        const { retryAfterMs = 0 } = (await take('s')).answers[0] ?? {}
        expect(retryAfterMs).toBeGreaterThan(0)
        await harness.pass(retryAfterMs)
        expect((await take('s')).admitted).toBe(true)
      })

    if (able('edits'))
      it('forgets what a rule counted, and nothing else', async () => {
        const [a, b] = [rule({ name: 'a', limit: 9 }), rule({ name: 'b', limit: 9 })]
        const both = store.prepare([a, b])
        await both('s')
        await both('t')
        await store.edit?.({ rule: a, subject: 's', forget: true, blockMs: 0 })
        expect(remaining(await both('s'))).toEqual([8, 7])
        expect(remaining(await both('t'))).toEqual([7, 7])
      })

    it('may be closed twice', async () => {
      await store.close()
      await expect(store.close()).resolves.toBeUndefined()
    })
  })

  if (!able('concurrency')) return
  describe(`${name} is a rate limit store: concurrency`, () => {
    let harness: RateLimitStoreHarness
    let store: RateLimitStoreUnderTest
    const leases: Rule = {
      name: 'streams',
      algorithm: 'concurrency',
      limit: 2,
      windowMs: minuteMs,
      burst: 2,
      cost: 1,
      enforced: true,
    }

    beforeEach(async () => {
      harness = await start()
      store = harness.store
      await store.ready()
    })
    afterEach(() => store.close())

    it('admits up to the limit at once, and another when one is returned', async () => {
      const take = store.prepare([leases])
      expect(remaining(await take('s', { lease: 1 }))).toEqual([1])
      expect(remaining(await take('s', { lease: 2 }))).toEqual([0])
      const refused = await take('s', { lease: 3 })
      expect(refused).toMatchObject({ admitted: false, answers: [{ allowed: false, remaining: 0 }] })
      expect(refused.answers[0]?.retryAfterMs).toBeGreaterThan(0)
      expect((await take('other', { lease: 1 })).admitted).toBe(true)
      await take('s', { lease: 1, costs: [-1] })
      expect(remaining(await take('s', { lease: 3 }))).toEqual([0])
    })

    it('returns a lease once, and only one that is out', async () => {
      const take = store.prepare([leases])
      await take('s', { lease: 1 })
      await take('s', { lease: 2 })
      for (const lease of [1, 1, 9]) await take('s', { lease, costs: [-1] })
      expect(remaining(await take('s', { lease: 4, costs: [0] }))).toEqual([1])
    })

    it('takes a lease back from a process that died, unless it was renewed', async () => {
      const take = store.prepare([{ ...leases, windowMs: 300 }])
      await take('s', { lease: 1 })
      await take('s', { lease: 2 })
      await harness.pass(200)
      expect((await take('s', { lease: 2 })).admitted).toBe(true)
      await harness.pass(150)
      expect(remaining(await take('s', { lease: 3 }))).toEqual([0])
      expect((await take('s', { lease: 4 })).admitted).toBe(false)
    })

    it('is counted with the other rules or not at all', async () => {
      const rate: Rule = { ...leases, name: 'rate', algorithm: 'gcra', limit: 9, burst: 9 }
      const both = store.prepare([rate, leases])
      await both('s', { lease: 1 })
      await both('s', { lease: 2 })
      expect((await both('s', { lease: 3 })).admitted).toBe(false)
      expect(remaining(await store.prepare([rate])('s'))).toEqual([6])
      expect(remaining(await both('s', { lease: 1, costs: [0, -1] }))).toEqual([6, 1])
    })

    it('goes by the limit that a call brings', async () => {
      const take = store.prepare([{ ...leases, planned: true }])
      const quotas = [{ limit: 3, windowMs: minuteMs, burst: 3 }]
      for (const lease of [1, 2, 3]) expect((await take('s', { lease, quotas })).admitted).toBe(true)
      expect((await take('s', { lease: 4, quotas })).admitted).toBe(false)
    })

    it('lends nothing under a quota of 0, and to all under one without a limit', async () => {
      const take = store.prepare([{ ...leases, planned: true }])
      const nothing = [{ limit: 0, windowMs: minuteMs, burst: 0 }]
      const everything = [{ limit: Infinity, windowMs: minuteMs, burst: Infinity }]
      for (const lease of [1, 2, 3])
        expect((await take('s', { lease, quotas: everything })).admitted).toBe(true)
      expect((await take('s', { lease: 4, quotas: nothing })).admitted).toBe(false)
    })
  })
}
