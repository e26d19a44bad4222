import type { Progress } from '../report/bench-area.ts'
import { interleave } from '../measure/interleave.ts'
import { median } from '../measure/statistics.ts'
import { callsPerSecond } from './in-flight.ts'
import { startFlexible, startOurs, startRateLimitRedis, type StoreContender } from './store-contenders.ts'

const starts = {
  ours1: (url) => startOurs(url, 1),
  ours3: (url) => startOurs(url, 3),
  ours8: (url) => startOurs(url, 8),
  rateLimitRedisOff: (url) => startRateLimitRedis(url, false),
  rateLimitRedisOn: (url) => startRateLimitRedis(url, true),
  flexibleOff: (url) => startFlexible(url, false),
  flexibleOn: (url) => startFlexible(url, true),
} as const satisfies Readonly<Record<string, (url: string) => Promise<StoreContender>>>

export type StoreName = keyof typeof starts
export const storeNames = Object.keys(starts) as StoreName[]

/** How long to measure. */
export const storePlan = { rounds: 7, sampleMs: 1000, warmUpMs: 700 } as const

/** What came out. */
export interface StoreContest {
  /** Requests counted in a second, medians. */
  readonly rates: Readonly<Record<StoreName, number>>
  /** Ours with three policies to the better of the two peers, without and with auto-pipelining. */
  readonly off: number
  readonly on: number
  readonly eightToOne: number
}

/** Counts requests of three policies in every store, in turn. */
export async function runStoreContest(url: string, progress: Progress): Promise<StoreContest> {
  await using cleanUp = new AsyncDisposableStack()
  const contenders = {} as Record<StoreName, StoreContender>
  for (const name of storeNames) {
    contenders[name] = await starts[name](url)
    cleanUp.defer(contenders[name].close)
    progress(`${name}: warming up`)
    await callsPerSecond(contenders[name].count, storePlan.warmUpMs)
  }
  const samples = await interleave(storeNames, storePlan.rounds, async (name, turn) => {
    const rate = await callsPerSecond(contenders[name].count, storePlan.sampleMs)
    progress(`${name} ${String(turn)}/${String(storePlan.rounds)}: ${rate.toFixed(0)} requests/s`)
    return rate
  })
  // Of each round's neighbours in time, not of two medians: what slowed the machine then, slowed both.
  const ratio = (name: StoreName, ...to: readonly StoreName[]): number =>
    median(
      samples[name].map((rate, turn) => rate / Math.max(...to.map((other) => samples[other][turn] ?? NaN))),
    )
  return {
    rates: Object.fromEntries(storeNames.map((name) => [name, median(samples[name])])) as Record<
      StoreName,
      number
    >,
    off: ratio('ours3', 'rateLimitRedisOff', 'flexibleOff'),
    on: ratio('ours3', 'rateLimitRedisOn', 'flexibleOn'),
    eightToOne: ratio('ours8', 'ours1'),
  }
}
