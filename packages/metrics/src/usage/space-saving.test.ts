import { expect, it } from 'vitest'
import { createSpaceSaving } from './space-saving.ts'

it('keeps the heavy keys through a flood of light ones, and loses nothing', () => {
  let evicted = 0
  const sketch = createSpaceSaving(
    10,
    () => ({ count: 0 }),
    (totals) => {
      evicted += totals.count
    },
  )
  const heavy = ['a', 'b', 'c']
  for (let i = 0; i < 10_000; i++) {
    sketch.add(`light-${String(i)}`, 1).count += 1
    const key = heavy[i % 3]
    if (key !== undefined) sketch.add(key, 1).count += 1
  }
  const kept = [...sketch.kept]
  expect(kept).toHaveLength(10)
  expect(kept.map(({ key }) => key)).toEqual(expect.arrayContaining(heavy))
  expect(kept.reduce((sum, { totals }) => sum + totals.count, evicted)).toBe(20_000)
  expect(kept.find(({ key }) => key === 'a')?.totals.count).toBe(3334)
})
