import { expect, it } from 'vitest'
import type { CspViolation } from './csp-violation.ts'
import { createReportBudget } from './report-budget.ts'
import { createViolationMemory } from './violation-memory.ts'

const on = (page: string): CspViolation => ({
  directive: 'img-src',
  blocked: 'inline',
  page,
  source: undefined,
  line: undefined,
  disposition: 'enforce',
})

it('holds equal violations back for the window and tells how many', () => {
  const memory = createViolationMemory(10, 1000)
  expect([0, 1, 999].map((now) => memory.admit(on('/'), now))).toEqual([0, undefined, undefined])
  expect(memory.admit(on('/other'), 999)).toBe(0)
  expect([1000, 1999, 2000].map((now) => memory.admit(on('/'), now))).toEqual([2, undefined, 1])
})

it('forgets the violation that was not seen for longest when it is full', () => {
  const memory = createViolationMemory(2, 1000)
  expect(['/a', '/b', '/c'].map((page) => memory.admit(on(page), 0))).toEqual([0, 0, 0])
  expect(memory.admit(on('/c'), 1)).toBeUndefined()
  expect(memory.admit(on('/a'), 1)).toBe(0)
})

it('fills the budget with time, up to one second’s worth', () => {
  const budget = createReportBudget(2, 100, 0)
  expect([0, 0, 0, 499, 500, 500].map((now) => budget.take('192.0.2.1', now))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
  ])
  expect(budget.waitMs('192.0.2.1', 500)).toBe(500)
  expect([60_000, 60_000, 60_000].map((now) => budget.take('192.0.2.1', now))).toEqual([true, true, false])
  expect(budget.waitMs('192.0.2.1', 61_000)).toBe(0)
})
