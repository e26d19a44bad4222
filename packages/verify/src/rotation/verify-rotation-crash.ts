import { type CrashFigures, type CrashProgress, crashRotations } from './rotation-crashes.ts'

/** How often each step is crashed at, on each store, unless `ALFRED_CRASH_ROUNDS` says otherwise. */
const defaultRounds = 100

/** Kills a rotating process at every persisted step, on each store that lasts, and adds up what that led to. */
export async function verifyRotationCrash(): Promise<Readonly<Record<string, unknown>>> {
  const rounds = Number(process.env['ALFRED_CRASH_ROUNDS'] ?? defaultRounds)
  // At once: much of the time is spent waiting for the leases of the killed.
  const runs = (['file', 'redis', 'postgres'] as const).map(async (kind) => {
    let steps: CrashProgress['crashesAt'] = new Map()
    const figures = await crashRotations({
      kind,
      rounds,
      onProgress({ round, figures: { crashes, ...rest }, crashesAt }) {
        steps = crashesAt
        if (round % 5 === 0) console.error(`${kind}: ${String(crashes)} crashes ${JSON.stringify(rest)}`)
      },
    })
    const byStep = [...steps].map(([step, crashes]) => `${step} ×${String(crashes)}`)
    console.error(`${kind}: ${byStep.join(', ')}`)
    return figures
  })
  const total: CrashFigures = { crashes: 0, unusable: 0, doubleCurrent: 0, orphans: 0, unreconciled: 0 }
  for (const figures of await Promise.all(runs)) {
    for (const name of Object.keys(total) as (keyof CrashFigures)[]) total[name] += figures[name]
  }
  if (total.unusable + total.doubleCurrent + total.unreconciled > 0) process.exitCode = 1
  return { ...total }
}
