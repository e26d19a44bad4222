import { type CrashFigures, crashRotations } from '../packages/key-vault/test/crash/rotation-crashes.ts'

/** Crashes for each store: several times every step of a rotation. */
const crashesEach = 100

/** Kills a rotating process at every persisted step, on each store that lasts, and adds up what that led to. */
export async function verifyRotationCrash(): Promise<Readonly<Record<string, unknown>>> {
  // At once: most of the time is spent waiting for the leases of the killed.
  const runs = (['file', 'redis', 'postgres'] as const).map((kind) =>
    crashRotations({
      kind,
      crashes: crashesEach,
      onProgress({ crashes, ...rest }) {
        if (crashes % 10 === 0) console.error(`${kind}: ${String(crashes)} crashes ${JSON.stringify(rest)}`)
      },
    }),
  )
  const total: CrashFigures = { crashes: 0, unusable: 0, doubleCurrent: 0, orphans: 0, unreconciled: 0 }
  for (const figures of await Promise.all(runs)) {
    for (const name of Object.keys(total) as (keyof CrashFigures)[]) total[name] += figures[name]
  }
  if (total.unusable + total.doubleCurrent + total.unreconciled > 0) process.exitCode = 1
  return { ...total }
}
