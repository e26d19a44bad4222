import { expect, it } from 'vitest'
import { createHeavyKeys } from './heavy-keys.ts'

const create = (capacity: number) => {
  const keys = createHeavyKeys(capacity, () => ({ count: 0 }))
  const seen = new Set<string>()
  const count = (key: string, times = 1): void => {
    for (let i = 0; i < times; i++) keys.add(key, 1).count += 1
    for (const kept of keys.kept) seen.add(kept.key)
  }
  return { keys, count, seen }
}

it('keeps the heavy keys through a flood of light ones', () => {
  const { keys, count, seen } = create(10)
  for (let i = 0; i < 10_000; i++) {
    count(`light-${String(i)}`)
    count(['a', 'b', 'c'][i % 3] ?? 'a')
  }
  expect([...keys.kept].map(({ key }) => key)).toEqual(expect.arrayContaining(['a', 'b', 'c']))
  // Each key that was ever kept is a series to Prometheus.
  expect(seen.size).toBeLessThanOrEqual(13)
})

it('counts nothing twice, whoever comes and goes', () => {
  const { keys, count } = create(2)
  /** As Prometheus sees it: what each series has grown by, `others` included. */
  const grown = new Map<string, number>()
  let total = 0
  const scrape = (): void => {
    for (const { key, totals } of [...keys.kept, { key: 'other', totals: keys.others }]) {
      const before = grown.get(key) ?? 0
      if (totals.count > before) grown.set(key, totals.count)
    }
  }
  for (let round = 1; round <= 6; round++) {
    for (let i = 0; i < 4 ** round; i++) {
      count(`tenant-${String(round)}`)
      total += 1
      scrape()
    }
  }
  expect([...grown.values()].reduce((sum, value) => sum + value, 0)).toBe(total)
})

it('changes a place for one that is twice as heavy, and not for one of about the same weight', () => {
  const { keys, count } = create(1)
  count('first', 10)
  count('second', 20)
  expect([...keys.kept].map(({ key }) => key)).toEqual(['first'])
  count('second')
  expect([...keys.kept].map(({ key }) => key)).toEqual(['second'])
  count('first', 11)
  expect([...keys.kept].map(({ key }) => key)).toEqual(['second'])
})
