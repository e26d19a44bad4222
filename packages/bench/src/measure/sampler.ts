import type { Clock } from '@alfred/core'

/** A call to measure. One that returns a promise is awaited before the next. */
export type Operation = () => unknown

/** Measures one operation again and again. */
export interface Sampler {
  /** Runs it for as long as was asked for, after a garbage collection where Node has `--expose-gc`. @returns ns per operation */
  readonly sample: () => Promise<number>
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

/** Warms `operation` up until a sample takes `sampleMs`. */
export async function createSampler(
  operation: Operation,
  sampleMs: number,
  clock: Pick<Clock, 'monotonicMs'>,
): Promise<Sampler> {
  const run = await loopOf(operation)
  const count = await calibrate(run, sampleMs, clock)
  return {
    async sample() {
      globalThis.gc?.()
      return ((await timed(run, count, clock)) / count) * 1e6
    },
  }
}
