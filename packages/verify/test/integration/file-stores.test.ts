import { expect, it } from 'vitest'
import { flipBytes } from '../../src/file-stores/flip-bytes.ts'
import { tortureFileStores } from '../../src/file-stores/torture-file-stores.ts'

it.each([
  ['nobody disturbs', { processes: 4, forMs: 1500 }],
  ['are killed', { processes: 3, kills: 9 }],
  ['are stopped', { processes: 3, stops: 6 }],
])(
  'no acknowledged write is lost, or acknowledged twice, of processes that %s',
  { timeout: 120_000 },
  async (_what, plan) => {
    const figures = await tortureFileStores(plan)
    expect(figures).toMatchObject({ lost: 0, twice: 0 })
    expect(figures.acknowledged).toBeGreaterThan(0)
    // Each process that was killed may have done one write of each kind that it could not report.
    const killed = (figures.kills + (figures.kills + figures.stops > 0 ? figures.processes : 0)) * 3
    expect(figures.unacknowledged).toBeLessThanOrEqual(killed)
  },
)

it('a flipped byte is an error or changes nothing', { timeout: 120_000 }, async () => {
  const figures = await flipBytes(211)
  expect(figures).toMatchObject({ silent: 0, examples: [] })
  expect(figures.noticed).toBeGreaterThan(100)
})
