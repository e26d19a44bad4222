import { expect, it } from 'vitest'
import { verifyLimiterPromises } from '../../src/limiter-promises/verify-limiter-promises.ts'

// More of them: pnpm verify limiter-promises.
it('finds promises kept in generated histories, and broken where a fault was put in', async () => {
  const { controls, ...figures } = await verifyLimiterPromises(0.002)
  expect(figures).toEqual({ cases: 210, brokenPromises: 0, overAdmitted: 0, lockedOut: 0 })
  for (const broken of Object.values(controls)) expect(broken).toBeGreaterThan(0)
})
