import { createMemoryStore, createRedisStore, type RateLimitStore } from '@alfred/rate-limit'
import { createFakeClock, type FakeClock, startRedis } from '@alfred/testkit'
import { createSeededRandom } from '../random/seeded-random.ts'
import { generateCase } from './promise-case.ts'
import { type PromiseFaults, type PromiseTarget, runCase } from './run-case.ts'
import { simulatedRedis } from './simulated-redis.ts'

/** What the run found. */
export interface LimiterPromiseFigures extends Readonly<Record<string, unknown>>, PromiseFaults {
  readonly cases: number
  /** The broken promises of limiters with a fault that was put in. */
  readonly controls: Readonly<Record<string, number>>
}

type Report = (text: string) => void

const casesOfMemory = 90_000
const casesOfRedis = 15_000
/** Enough to find the faults: the seeds are fixed. */
const casesOfControls = 50
const workers = 64
const startsAtUs = 1_800_000_000_000_000

/**
 * Generates histories of a client and its limit (another rule, plan or clock, refunds, blocks, overrides), over 60 days and
 * more, and does what a client would: it uses up what it has, asks for more, waits what it is told, and asks again. The
 * algorithms run in memory and in a real Redis that is told the time; there two processes share it.
 *
 * A denial that a process remembers says nothing of a clock that Redis sets back without a lost connection.
 *
 * @param share - of the cases
 * @param report - called with each case that found a fault
 */
export async function verifyLimiterPromises(share = 1, report?: Report): Promise<LimiterPromiseFigures> {
  const scaled = (cases: number): number => Math.ceil(cases * share)
  const faults: PromiseFaults = { brokenPromises: 0, overAdmitted: 0, lockedOut: 0 }
  const add = (found: PromiseFaults): void => {
    for (const name of ['brokenPromises', 'overAdmitted', 'lockedOut'] as const) faults[name] += found[name]
  }
  add(await runInMemory(scaled(casesOfMemory), report))
  add(await runInRedis(scaled(casesOfRedis), { report }))
  const unwritten = (source: string): string => source.replace('if not cut then return', 'do return')
  const controls = {
    unwrittenCuts: await runInRedis(casesOfControls, { weaken: unwritten }),
    unheardRefunds: await runInRedis(casesOfControls, { hears: false }),
  }
  return {
    cases: scaled(casesOfMemory) + scaled(casesOfRedis),
    ...faults,
    controls: Object.fromEntries(
      Object.entries(controls).map(([name, { brokenPromises }]) => [name, brokenPromises]),
    ),
  }
}

/** Runs cases one after the other in each of some workers. The number of a case is its seed. */
async function runCases(
  cases: number,
  count: number,
  targetOf: (index: number) => PromiseTarget,
  report: Report | undefined,
): Promise<PromiseFaults> {
  const sum: PromiseFaults = { brokenPromises: 0, overAdmitted: 0, lockedOut: 0 }
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < cases; index = next++) {
      const generated = generateCase(createSeededRandom(index))
      const found = await runCase(generated, targetOf(index))
      for (const name of ['brokenPromises', 'overAdmitted', 'lockedOut'] as const) sum[name] += found[name]
      if (Object.values(found).some((faults) => faults > 0)) {
        report?.(`case ${String(index)}: ${JSON.stringify({ found, ...generated })}`)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, work))
  return sum
}

const runInMemory = (cases: number, report: Report | undefined): Promise<PromiseFaults> => {
  const targetOf = (index: number): PromiseTarget => {
    const clock = createFakeClock()
    return {
      store: createMemoryStore({ clock }),
      clock,
      key: String(index),
      processes: 1,
      setClock: () => undefined,
      heard: () => Promise.resolve(),
    }
  }
  return runCases(cases, 1, targetOf, report)
}

interface RedisRun {
  readonly weaken?: ((source: string) => string) | undefined
  /** Whether the processes hear what others publish. @default true */
  readonly hears?: boolean | undefined
  readonly report?: Report | undefined
}

/** The clock of each key that is counted at the moment. */
interface KeyClock {
  readonly clock: FakeClock
  aheadMs: number
}

async function runInRedis(cases: number, { weaken, hears = true, report }: RedisRun): Promise<PromiseFaults> {
  await using redis = await startRedis()
  const clocks = new Map<string, KeyClock>()
  const nowUs = (key: string): number => {
    const of = clocks.get(/\{k:(.*)\}/.exec(key)?.[1] ?? '')
    return startsAtUs + Math.floor(((of?.clock.monotonicMs() ?? 0) + (of?.aheadMs ?? 0)) * 1000)
  }
  const client = simulatedRedis(redis.url, { nowUs, weaken })
  const store = createRedisStore({ client, timeoutMs: 60_000 })
  await store.ready()
  const news = createNews(store, hears)
  try {
    await news.standing
    const targetOf = (index: number): PromiseTarget => {
      const key = String(index)
      const own: KeyClock = { clock: createFakeClock(), aheadMs: 0 }
      clocks.set(key, own)
      return {
        store: news.storeOf(`k:${key}`),
        clock: own.clock,
        key,
        processes: 2,
        setClock(ms) {
          own.aheadMs += ms
        },
        heard: news.heard,
      }
    }
    return await runCases(cases, workers, targetOf, report)
  } finally {
    news.close()
    await store.close()
  }
}

/** One subscription for the processes of all cases, for which one can wait. */
function createNews(store: RateLimitStore, hears: boolean) {
  const listeners = new Map<string, Set<(subject: string | undefined) => void>>()
  const awaited = new Map<string, () => void>()
  let barriers = 0
  let stand: () => void = () => undefined
  const standing = new Promise<void>((resolve) => (stand = resolve))
  const watch = store.watch?.((subject) => {
    // The subscription stands, perhaps again: what was published before it is lost.
    if (subject === undefined) for (const resolve of [stand, ...awaited.values()]) resolve()
    else awaited.get(subject)?.()
    if (!hears) return
    const groups = subject === undefined ? [...listeners.values()] : [listeners.get(subject) ?? []]
    for (const of of groups) for (const listener of of) listener(subject)
  })
  return {
    /** Until now nothing that is published is heard. */
    standing,
    /** The store as the processes of one case see it. */
    storeOf(subject: string): RateLimitStore {
      const own = new Set<(subject: string | undefined) => void>()
      listeners.set(subject, own)
      return {
        ...store,
        watch(listener) {
          own.add(listener)
          return {
            hears: true,
            close: () => {
              own.delete(listener)
            },
          }
        },
      }
    },
    heard: (): Promise<void> =>
      new Promise((resolve, reject) => {
        const subject = `barrier ${String(barriers++)}`
        awaited.set(subject, () => {
          awaited.delete(subject)
          resolve()
        })
        Promise.resolve(store.edit?.({ rule: { name: 'barrier' }, subject, forget: false })).catch(reject)
      }),
    close() {
      watch?.close()
    },
  }
}
