import { expect, it } from 'vitest'
import { measureFault } from '../../src/limiter-faults/measure-fault.ts'

// All of them, and longer: pnpm verify limiter-faults.
it.each(['killed', 'scriptFlush'] as const)(
  'admits nothing wrongly and throws nothing when Redis is hit: %s',
  async (name) => {
    const figures = await measureFault(name, {
      beforeMs: 500,
      faultMs: 800,
      quietMs: 500,
      maxRecoveryMs: 15_000,
    })
    expect(figures).toMatchObject({ wrongAdmissions: 0, crashes: 0 })
    expect(figures.recoveredS).toBeLessThan(15)
  },
)
