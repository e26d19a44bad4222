import { beforeAll, describe, expect, it } from 'vitest'
import { targetServers } from '../../src/targets/routers.ts'
import { createRawGuard, createTargetGuard } from '../../src/targets/routes.ts'
import { type Finding, findParsedSeeds, runTargetTrial } from '../../src/targets/target-trial.ts'

const count = 5000

let seeds: readonly number[] = []
beforeAll(async () => {
  seeds = await findParsedSeeds({ first: 1_000_000, count })
})

describe.each(Object.keys(targetServers))('%s', (router) => {
  it('runs no route past its rule, and exempts no other route', async () => {
    const findings: Finding[] = []
    const figures = await runTargetTrial(router, createTargetGuard, seeds, (finding) =>
      findings.push(finding),
    )
    expect(findings).toEqual([])
    expect(figures).toMatchObject({ answered: seeds.length, escaped: 0, wronglyExempted: 0 })
    expect(figures.routed).toBeGreaterThan(count / 20)
  })

  it('lets targets escape a guard that compares the path as it came', async () => {
    const { escaped } = await runTargetTrial(router, createRawGuard, seeds.slice(0, 2000))
    expect(escaped).toBeGreaterThan(0)
  })
})
