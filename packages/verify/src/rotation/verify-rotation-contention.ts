import { contendForRotations } from './contend-for-rotations.ts'

const rounds = 100
const processes = 8
const instancesEach = 8

/** Lets 64 instances in 8 processes ask for one and the same rotation, a hundred times on each store for several. */
export async function verifyRotationContention(): Promise<Readonly<Record<string, unknown>>> {
  const total = {
    rounds: 0,
    rotators: processes * instancesEach,
    processes,
    creates: 0,
    promotions: 0,
    extra: 0,
  }
  for (const kind of ['redis', 'postgres'] as const) {
    const figures = await contendForRotations({
      kind,
      rounds,
      processes,
      instancesEach,
      onRound(round) {
        if (round % 10 === 0) console.error(`${kind}: ${String(round)} of ${String(rounds)} rounds`)
      },
    })
    for (const name of ['rounds', 'creates', 'promotions', 'extra'] as const) total[name] += figures[name]
  }
  if (total.extra > 0) process.exitCode = 1
  return total
}
