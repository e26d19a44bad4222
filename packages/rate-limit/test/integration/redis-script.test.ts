import { createFakeClock, startRedis } from '@alfred/testkit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithmNames, algorithms } from '../../src/algorithms/algorithms.ts'
import { blockTag } from '../../src/algorithms/cell-tag.ts'
import { compileRule, decide, withQuotas } from '../../src/stores/compiled-rules.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { readReply } from '../../src/stores/redis/read-reply.ts'
import { editScript } from '../../src/stores/redis/edit-script.ts'
import { countScript, scriptArguments } from '../../src/stores/redis/redis-script.ts'

const redis = await startRedis()
const client = new Redis(redis.url)
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

/** Redis' own clock, so that its TIME does not stop. The tests put another one in its place. */
const startsAtUs = 1_800_000_000_000_000

/** A script that is told the time, and never expires what it writes. */
const atTime = (source: string, nowUs: number): string => {
  const told = source
    .replace(`call('TIME')`, `{${String(Math.floor(nowUs / 1e6))}, ${String(nowUs % 1e6)}}`)
    .replace(`, 'PX', ttl - ttl % 1 + 2)`, ')')
  if (told.includes('TIME') || told.includes('PX')) throw new Error('the script takes time elsewhere')
  return told
}

const ruleSets = fc
  .array(
    fc.record({
      algorithm: fc.constantFrom(...algorithmNames),
      limit: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1_000_000_000_000 })),
      windowMs: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 315_360_000_000 })),
      enforced: fc.boolean(),
      planned: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((rules) =>
    rules.map(({ limit: wanted, ...rule }, index) => {
      const { maxUnits } = algorithms[rule.algorithm]
      const limit = rule.algorithm === 'concurrency' ? (wanted % 4) + 1 : Math.min(wanted, maxUnits)
      return { ...rule, limit, name: String(index), burst: limit, cost: 1 }
    }),
  )

const steps = fc.array(
  fc.record({
    wait: fc.double({ min: 0, max: 1.5, noNaN: true }),
    of: fc.nat({ max: 13 }),
    parts: fc.array(fc.integer({ min: -3, max: 12 }), { minLength: 14, maxLength: 14 }),
    forced: fc.boolean(),
    lease: fc.integer({ min: 1, max: 6 }),
    plan: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0, Infinity, undefined)),
    rules: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
  }),
  { minLength: 1, maxLength: 20 },
)

describe('the scripts', () => {
  it('say to the microsecond what the memory store says', { timeout: 60_000 }, async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(ruleSets, steps, async (rules, calls) => {
        const key = `run ${String(run++)}`
        const clock = createFakeClock()
        const store = createMemoryStore({ clock })
        for (const { wait, of, parts, forced, lease, plan, rules: chosen } of calls) {
          const window = rules[of % rules.length]?.windowMs ?? 1
          clock.advance(Math.floor(wait * window))
          // Some of the rules, as when paths differ: the others' cells must survive.
          const some = rules.filter((_, index) => chosen[index] === true)
          const asked = some.length > 0 ? some : rules
          const costs = asked.map(({ limit }, index) => Math.ceil((limit * (parts[index] ?? 0)) / 10))
          const quotas = asked.map(({ windowMs }) =>
            plan === undefined ? undefined : { limit: plan, windowMs, burst: plan },
          )
          const compiled = withQuotas(asked.map(compileRule), quotas)
          const takes = compiled.map(({ algorithm }, index) => (costs[index] ?? 0) * algorithm.unit)
          const nowUs = startsAtUs + clock.monotonicMs() * 1000
          const script = countScript(compiled, { forced })
          const args = scriptArguments({ rules: compiled, takes, lease })
          const reply = await client.callBuffer('eval', atTime(script.source, nowUs), 1, key, ...args)
          const states = readReply(reply, compiled)
          if (!states) throw new Error(`no reply of ours: ${String(reply)}`)
          const { admitted, answers } = decide(compiled, states, takes, forced)
          const expected = store.prepare(asked)('s', { costs, forced, lease, quotas })
          expect({ admitted, answers }).toEqual(expected)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('a clock that is set back by an hour', () => {
  const hourUs = 3_600_000_000
  const minuteMs = 60_000

  const ask = async (rule: Parameters<typeof compileRule>[0], key: string, nowUs: number) => {
    const rules = [compileRule(rule)]
    const takes = rules.map(({ take }) => take)
    const reply = await client.callBuffer('eval', atTime(countScript(rules).source, nowUs), 1, key)
    const { admitted, answers } = decide(rules, readReply(reply, rules) ?? [], takes, false)
    return { admitted, waitUs: Math.ceil((answers[0]?.retryAfterMs ?? 0) * 1000) }
  }

  it.each(algorithmNames.filter((name) => name !== 'concurrency'))(
    'lets a client in after the time that it was told: %s',
    async (algorithm) => {
      const rule = { name: 'a', algorithm, limit: 2, windowMs: minuteMs, burst: 2, cost: 1, enforced: true }
      const key = `back:${algorithm}`
      for (const admitted of [true, true, false]) {
        expect(await ask(rule, key, startsAtUs + hourUs)).toMatchObject({ admitted })
      }
      const { admitted, waitUs } = await ask(rule, key, startsAtUs)
      expect(admitted).toBe(false)
      expect(waitUs).toBeLessThanOrEqual(2 * minuteMs * 1000)
      expect(await ask(rule, key, startsAtUs + waitUs)).toMatchObject({ admitted: true })
    },
  )

  it('makes no block longer', async () => {
    const rule = { name: 'a', limit: 2, windowMs: minuteMs, burst: 2, cost: 1, enforced: true }
    const block = atTime(editScript.source, startsAtUs + hourUs)
    await client.eval(block, 1, 'back:block', '', blockTag('a'), String(minuteMs * 1000), 'channel', 's')
    expect(await ask(rule, 'back:block', startsAtUs)).toEqual({ admitted: false, waitUs: minuteMs * 1000 })
    expect(await ask(rule, 'back:block', startsAtUs + minuteMs * 1000 + 1)).toMatchObject({ admitted: true })
  })
})
