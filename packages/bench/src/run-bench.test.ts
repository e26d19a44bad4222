import { expect, it } from 'vitest'
import type { BenchArea } from './report/bench-area.ts'
import { runBench } from './run-bench.ts'

const areas: Record<string, BenchArea> = {
  headers: {
    summary: 'ns per response',
    run: (progress) => {
      progress('round 1')
      return Promise.resolve({
        how: ['On paper.'],
        table: { columns: ['what', 'ns'], rows: [['ours', '120']] },
        figures: { ours: 120 },
      })
    },
  },
}

async function bench(...args: string[]) {
  const results: string[] = []
  const progressed: string[] = []
  const code = await runBench(args, areas, {
    result: (line) => results.push(line),
    progress: (line) => progressed.push(line),
  })
  return { code, results, progressed }
}

it('prints how, and the table', async () => {
  expect(await bench('headers')).toEqual({
    code: 0,
    results: ['On paper.', '', 'what   ns\n----  ---\nours  120'],
    progressed: ['round 1'],
  })
})

it('prints the figures last when asked for JSON', async () => {
  const { results } = await bench('--json', 'headers')
  expect(JSON.parse(results.at(-1) ?? '')).toEqual({ ours: 120 })
})

it.each([[[]], [['hedaers']], [['toString']], [['headers', 'extra']]])(
  'lists the areas for %j',
  async (args) => {
    expect(await bench(...args)).toEqual({
      code: 2,
      results: [],
      progressed: ['usage: pnpm bench <area> [--json]', '  headers      ns per response'],
    })
  },
)
