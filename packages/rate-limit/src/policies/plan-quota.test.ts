import { describe, expect, it } from 'vitest'
import { readPlanQuota } from './plan-quota.ts'

const gcra = { name: 'api', algorithm: 'gcra', windowMs: 60_000, bursts: true } as const

describe('what a plan grants', () => {
  it.each<[unknown, number | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    [null, undefined, undefined],
    [{ limit: 5 }, 5, 5],
    [{ limit: 5, burst: 9 }, 5, 9],
    [{ limit: 5, burst: null }, 5, 5],
    [{ limit: '5', burst: '9' }, 5, 9],
    [{ limit: 5n }, 5, 5],
    [{ limit: '1000.00' }, 1000, 1000],
    [{ limit: 0 }, 0, 0],
    [{ limit: 0n, burst: 5 }, 0, 5],
    [{ limit: Infinity }, Infinity, Infinity],
    [{ limit: 'Infinity' }, Infinity, Infinity],
    [{ limit: Infinity, burst: 5 }, Infinity, Infinity],
    [{ limit: 5_000_000_000 }, 5_000_000_000, 5_000_000_000],
  ])('%o', (granted, limit, burst) => {
    const expected = limit === undefined ? undefined : { limit, burst, windowMs: 60_000 }
    expect(readPlanQuota(gcra, granted)).toEqual(expected)
  })

  it.each([
    [5],
    ['5'],
    [{}],
    [{ limit: null }],
    [{ limit: '' }],
    [{ limit: ' 5' }],
    [{ limit: '0x10' }],
    [{ limit: '1e3' }],
    [{ limit: '1.5' }],
    [{ limit: -1 }],
    [{ limit: 1.5 }],
    [{ limit: NaN }],
    [{ limit: true }],
    [{ limit: 5, burst: Infinity }],
    [{ limit: 10n ** 30n }],
  ])('refuses %o', (granted) => {
    expect(() => readPlanQuota(gcra, granted)).toThrow(RangeError)
  })

  it('has no burst of its own where the algorithm has none', () => {
    const fixed = { ...gcra, algorithm: 'fixed-window', bursts: false } as const
    expect(readPlanQuota(fixed, { limit: 5, burst: 9 })).toMatchObject({ limit: 5, burst: 5 })
  })
})
