import { expect, it } from 'vitest'
import { createSeriesSet, type Incidents } from './series-set.ts'

const recorder = () => {
  const overflows: string[] = []
  const incidents: Incidents = { overflow: (label) => overflows.push(label), rejected: () => undefined }
  return { overflows, incidents }
}

const offsets = (_slots: unknown, offset: number) => ({ offset })

it.each([
  ['a listed value', { provider: 'openai', model: 'm1' }, 'provider="openai",model="m1"', []],
  ['other itself', { provider: 'other', model: 'm1' }, 'provider="other",model="m1"', []],
  ['a value that is not listed', { provider: 'x', model: 'm1' }, 'provider="other",model="m1"', ['provider']],
  ['a missing value', { model: 'm1' }, 'provider="other",model="m1"', ['provider']],
  [
    'a long value',
    { provider: 'openai', model: 'm'.repeat(129) },
    'provider="openai",model="other"',
    ['model'],
  ],
  ['quotes', { provider: 'openai', model: 'a"b\\c\nd' }, 'provider="openai",model="a\\"b\\\\c\\nd"', []],
])('renders %s', (_what, values: Record<string, string>, text, expected) => {
  const { overflows, incidents } = recorder()
  const set = createSeriesSet({ provider: ['openai'], model: { max: 2 } }, 1, incidents, offsets)
  set.bind(values)
  expect(set.series.map((series) => series.text)).toEqual([text])
  expect(overflows).toEqual(expected)
})

it('folds what comes after max values on that label alone, and counts it', () => {
  const { overflows, incidents } = recorder()
  const set = createSeriesSet(
    { provider: ['a', 'b'], model: { max: 2, known: ['m1'] } },
    1,
    incidents,
    offsets,
  )
  for (const provider of ['a', 'b'])
    for (let i = 9; i >= 0; i--) set.bind({ provider, model: `m${String(i)}` })
  expect(set.series.map(({ labels }) => Object.values(labels).join())).toEqual([
    'a,m9',
    'a,other',
    'a,m1',
    'b,m9',
    'b,other',
    'b,m1',
  ])
  expect(overflows).toHaveLength(16)
})

it('gives one handle per combination, and keeps it while the slots grow', () => {
  const { incidents } = recorder()
  const set = createSeriesSet({ n: { max: 500 } }, 3, incidents, (slots, offset) => ({
    add: () => (slots.values[offset] = (slots.values[offset] ?? 0) + 1),
  }))
  const first = set.bind({ n: '0' })
  first.add()
  for (let i = 1; i < 500; i++) set.bind({ n: String(i) })
  first.add()
  expect(set.bind({ n: '0' })).toBe(first)
  expect(set.slots.values[0]).toBe(2)
  expect(set.slots.values.length).toBeGreaterThanOrEqual(1500)
})
