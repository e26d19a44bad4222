import { expect, it } from 'vitest'
import { faultScenarios } from '../../src/rotation-faults/fault-scenarios.ts'
import { simulateFaults } from '../../src/rotation-faults/verify-rotation-faults.ts'

it(
  'costs no valid key, no acknowledged write and no false word, whatever goes wrong',
  { timeout: 300_000 },
  async () => {
    const some = faultScenarios.filter((_scenario, index) => index % 61 === 7)
    const figures = await simulateFaults(some)
    expect(figures).toMatchObject({
      scenarios: some.length,
      unusableSeconds: 0,
      falselyRevoked: 0,
      lostAcknowledged: 0,
    })
    expect(figures.mostExtraKeys).toBeLessThanOrEqual(2)
  },
)
