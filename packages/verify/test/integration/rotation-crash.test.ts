import { expect, it } from 'vitest'
import { crashRotations } from '../../src/rotation/rotation-crashes.ts'

// A sample of `pnpm verify rotation-crash`: every third step, among them the one between the provider's answer and its storing.
it.concurrent.each(['file', 'redis', 'postgres'] as const)(
  'a rotation that is killed is gone on with or tidied up: %s',
  { timeout: 300_000 },
  async (kind) => {
    const { crashes, orphans, ...bad } = await crashRotations({
      kind,
      rounds: 1,
      takes: (_step, index) => index % 3 === 2,
    })
    expect(crashes).toBeGreaterThanOrEqual(10)
    expect(orphans).toBeGreaterThanOrEqual(1)
    expect(bad).toEqual({ unusable: 0, doubleCurrent: 0, unreconciled: 0 })
  },
)
