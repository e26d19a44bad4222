import { expect, it } from 'vitest'
import { verifyAggregation } from '../../src/aggregation/verify-aggregation.ts'

it('lets Prometheus count what workers counted, however they end', { timeout: 120_000 }, async () => {
  const figures = await verifyAggregation({
    lives: 8,
    atOnce: 4,
    lifeMs: [1500, 3000],
    ends: ['stop', 'hang'],
  })
  expect(figures).toMatchObject({ lives: 8, phantomErrors: 0, resets: 0 })
  expect(figures.truth).toBeGreaterThan(0)
  expect(figures.errorPercent).toBeLessThan(1)
})
