import { expect, it } from 'vitest'
import { faultScenarios } from '../../src/rotation-faults/fault-scenarios.ts'
import { simulateFaults } from '../../src/rotation-faults/verify-rotation-faults.ts'

const longest = Math.max(...faultScenarios.map(({ lastsMs }) => lastsMs))
const [{ beginsAt: dueSoon } = { beginsAt: 0 }] = faultScenarios
/** What makes a key at each attempt. */
const isCostly = (name: string): boolean => /without an answer|expiry/.test(name)

// All of them: pnpm verify rotation-faults.
it(
  'costs no valid key, no acknowledged write and no false word, whatever goes wrong',
  { timeout: 300_000 },
  async () => {
    const some = faultScenarios.filter(
      ({ fault, beginsAt, lastsMs }, index) =>
        index % 61 === 7 || (isCostly(fault.name) && beginsAt === dueSoon && lastsMs === longest),
    )
    const figures = await simulateFaults(some)
    expect(figures).toMatchObject({
      scenarios: some.length,
      unusableSeconds: 0,
      falselyRevoked: 0,
      lostAcknowledged: 0,
    })
    expect(figures.maxExtraKeys).toBeLessThanOrEqual(1)
  },
)
