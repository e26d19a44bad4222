import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { microBenchmark } from './micro-benchmark.ts'

it('says what an operation costs, synchronous or not', async () => {
  const clock = createFakeClock()
  const operations = {
    quick: () => {
      clock.advance(0.25)
    },
    slow: () => {
      clock.advance(2)
    },
    awaited: async () => {
      await Promise.resolve()
      clock.advance(1)
    },
  }
  const results = await microBenchmark(operations, { rounds: 3, sampleMs: 4, clock })
  expect(results).toEqual({
    quick: { nsPerOp: 250_000, samples: [250_000, 250_000, 250_000] },
    slow: { nsPerOp: 2_000_000, samples: [2_000_000, 2_000_000, 2_000_000] },
    awaited: { nsPerOp: 1_000_000, samples: [1_000_000, 1_000_000, 1_000_000] },
  })
})

it('measures in turn, and only what is warmed up', async () => {
  const clock = createFakeClock()
  const lines: string[] = []
  const tick = (): void => {
    clock.advance(1)
  }
  const progress = (line: string): number => lines.push(line)
  await microBenchmark({ a: tick, b: tick }, { rounds: 2, sampleMs: 1, clock, progress })
  expect(lines.map((line) => line.split(':')[0])).toEqual(['a 1/2', 'b 1/2', 'a 2/2', 'b 2/2'])
})
