import { type Clock, systemClock } from '@alfred/core'
import type { Progress } from '../report/bench-area.ts'
import { interleave } from './interleave.ts'
import { createSampler, type Operation, type Sampler } from './sampler.ts'
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

/**
 * Compares what samplers measure: `rounds` samples of each, in turn.
 *
 * @returns for each the median of its samples, and the samples
 */
export async function sampleInTurn<const N extends string>(
  samplers: Readonly<Record<N, Sampler>>,
  rounds: number,
  progress: Progress,
): Promise<Record<N, MicroBenchmarkResult>> {
  const names = Object.keys(samplers) as N[]
  const samples = await interleave(names, rounds, async (name, round) => {
    const nsPerOp = await samplers[name].sample()
    progress(`${name} ${String(round)}/${String(rounds)}: ${nsPerOp.toFixed(1)} ns`)
    return nsPerOp
  })
  const result = (name: N): MicroBenchmarkResult => ({
    nsPerOp: median(samples[name]),
    samples: samples[name],
  })
  return Object.fromEntries(names.map((name) => [name, result(name)])) as Record<N, MicroBenchmarkResult>
}

/**
 * Compares operations that take from nanoseconds to milliseconds, in this process. Each is warmed up until a
 * sample takes `sampleMs`; then samples are taken in turn, after a garbage collection where Node has
 * `--expose-gc`.
 *
 * @example
 * const { ours, helmet } = await microBenchmark({ ours: () => apply(response), helmet: () => peer(response) })
 * progress(`${String(helmet.nsPerOp / ours.nsPerOp)} times as fast`)
 */
export async function microBenchmark<const N extends string>(
  operations: Readonly<Record<N, Operation>>,
  { rounds = 11, sampleMs = 50, clock = systemClock, progress = () => undefined }: MicroBenchmarkOptions = {},
): Promise<Record<N, MicroBenchmarkResult>> {
  // All are warmed up before any is measured: the loops share their code, which the engine specialises.
  const samplers: Partial<Record<N, Sampler>> = {}
  for (const name of Object.keys(operations) as N[]) {
    samplers[name] = await createSampler(operations[name], sampleMs, clock)
  }
  return sampleInTurn(samplers as Record<N, Sampler>, rounds, progress)
}
