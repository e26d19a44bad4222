import { type Clock, systemClock } from '@alfred/core'
import type { Progress } from './bench-area.ts'
import { interleave } from './interleave.ts'
import { median } from './statistics.ts'

/** How long to measure. */
export interface MicroBenchmarkOptions {
  /** How many samples each operation gives. @default 11 */
  readonly rounds?: number | undefined
  /** How long one sample takes, ms. @default 50 */
  readonly sampleMs?: number | undefined
  readonly clock?: Pick<Clock, 'monotonicMs'> | undefined
  readonly progress?: Progress | undefined
}

/** What one operation costs. */
export interface MicroBenchmarkResult {
  /** The median of the samples, ns. */
  readonly nsPerOp: number
  /** Each sample, ns per operation. */
  readonly samples: readonly number[]
}

/** A call to measure. One that returns a promise is awaited before the next. */
export type Operation = () => unknown

/**
 * Compares operations that take from nanoseconds to milliseconds. Each is warmed up until a sample takes
 * `sampleMs`; then samples are taken in turn, after a garbage collection where Node has `--expose-gc`.
 *
 * @example
 * const { ours, helmet } = await microBenchmark({ ours: () => apply(response), helmet: () => peer(response) })
 * progress(`${String(helmet.nsPerOp / ours.nsPerOp)} times as fast`)
 */
export async function microBenchmark<const N extends string>(
  operations: Readonly<Record<N, Operation>>,
  { rounds = 11, sampleMs = 50, clock = systemClock, progress = () => undefined }: MicroBenchmarkOptions = {},
): Promise<Record<N, MicroBenchmarkResult>> {
  const names = Object.keys(operations) as N[]
  const loops = new Map<N, { readonly run: Run; readonly count: number }>()
  // All are warmed up before any is measured: the loops share their code, which the engine specialises.
  for (const name of names) {
    const run = await loopOf(operations[name])
    loops.set(name, { run, count: await calibrate(run, sampleMs, clock) })
  }
  const samples = await interleave(names, rounds, async (name, round) => {
    const loop = loops.get(name)
    if (!loop) throw new Error(`${name} was not warmed up`)
    globalThis.gc?.()
    const nsPerOp = ((await timed(loop.run, loop.count, clock)) / loop.count) * 1e6
    progress(`${name} ${String(round)}/${String(rounds)}: ${nsPerOp.toFixed(1)} ns`)
    return nsPerOp
  })
  const result = (name: N): MicroBenchmarkResult => ({
    nsPerOp: median(samples[name]),
    samples: samples[name],
  })
  return Object.fromEntries(names.map((name) => [name, result(name)])) as Record<N, MicroBenchmarkResult>
}

type Run = (count: number) => void | Promise<void>

/** Where results go, so that no operation can be optimised away. */
const sink: { value: unknown } = { value: undefined }

async function loopOf(operation: Operation): Promise<Run> {
  const first = operation()
  if (!(first instanceof Promise)) {
    return (count) => {
      for (let i = 0; i < count; i += 1) sink.value = operation()
    }
  }
  await first
  return async (count) => {
    for (let i = 0; i < count; i += 1) sink.value = await operation()
  }
}

async function timed(run: Run, count: number, clock: Pick<Clock, 'monotonicMs'>): Promise<number> {
  const startedAt = clock.monotonicMs()
  const running = run(count)
  if (running) await running
  return clock.monotonicMs() - startedAt
}

/** Runs longer and longer, which warms up as well, until one run takes `sampleMs`. */
async function calibrate(run: Run, sampleMs: number, clock: Pick<Clock, 'monotonicMs'>): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const tookMs = await timed(run, count, clock)
    if (tookMs >= sampleMs) return Math.max(1, Math.round((count * sampleMs) / tookMs))
  }
}
