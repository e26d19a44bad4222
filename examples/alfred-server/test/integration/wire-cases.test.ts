import { describe, expect, it } from 'vitest'
import { dialects, outcomeOf } from '../wire/run-wire-case.ts'
import { wireCases } from '../wire/wire-cases.ts'

describe.each(dialects)('$name', (dialect) => {
  it.concurrent.each(wireCases)('$what', async (wireCase) => {
    expect(await outcomeOf(dialect, wireCase)).toBe(wireCase.expected(dialect))
  })
})
