import { expect, it } from 'vitest'
import { readMochaReport } from './read-mocha-report.ts'

it('reads the report behind what tests print', () => {
  const report = { stats: { tests: 3, passes: 2 }, failures: [{ fullTitle: 'app should work' }] }
  expect(readMochaReport(`a warning { }\n${JSON.stringify(report, null, 2)}`)).toEqual({
    passed: 2,
    total: 3,
    failed: ['app should work'],
  })
})

it('says that there is none', () => {
  expect(() => readMochaReport('Error: Cannot find module')).toThrow('no report')
})
