import { expect, it } from 'vitest'
import { crashRotations } from '../crash/rotation-crashes.ts'

// A sample of `pnpm verify rotation-crash`: early, in the making of the key, and late.
it.each(['file', 'redis', 'postgres'] as const)(
  'a rotation that is killed is gone on with or tidied up: %s',
  { timeout: 120_000 },
  async (kind) => {
    const figures = await crashRotations({ kind, crashes: 2, firstStep: 6, stride: 8 })
    expect(figures).toEqual({
      crashes: 2,
      unusable: 0,
      doubleCurrent: 0,
      orphans: expect.any(Number) as number,
      unreconciled: 0,
    })
  },
)
