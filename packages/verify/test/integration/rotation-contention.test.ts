import { expect, it } from 'vitest'
import { contendForRotations } from '../../src/rotation/contend-for-rotations.ts'

// A sample of `pnpm verify rotation-contention`.
it.concurrent.each(['redis', 'postgres'] as const)(
  'many instances of several processes that want one rotation get one: %s',
  { timeout: 120_000 },
  async (kind) => {
    expect(await contendForRotations({ kind, rounds: 3, processes: 2, instancesEach: 8 })).toEqual({
      rounds: 3,
      rotators: 16,
      processes: 2,
      creates: 3,
      promotions: 3,
      extra: 0,
    })
  },
)
