import { flipBytes } from './flip-bytes.ts'
import { tortureFileStores, type TorturePlan } from './torture-file-stores.ts'

/** How much is done, unless `ALFRED_FILE_STORE_SHARE` makes it less: a number up to 1. */
const defaultShare = 1

/** Busy, killed and stopped writers on one set of files, and every byte of each file flipped. */
export async function verifyFileStores(): Promise<Readonly<Record<string, unknown>>> {
  const share = Number(process.env['ALFRED_FILE_STORE_SHARE'] ?? defaultShare)
  const plans: Readonly<Record<string, TorturePlan>> = {
    busy: { processes: 8, forMs: 30_000 * share },
    killed: { processes: 3, kills: Math.ceil(500 * share) },
    stopped: { processes: 4, stops: Math.ceil(120 * share) },
  }
  const total = { acknowledged: 0, lost: 0, twice: 0, kills: 0, stops: 0 }
  for (const [name, plan] of Object.entries(plans)) {
    const figures = await tortureFileStores(plan)
    console.error(`${name}: ${JSON.stringify(figures)}`)
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += figures[key]
  }
  const { flips, noticed, harmless, silent, examples } = await flipBytes(
    Math.max(1, Math.round(1 / share)),
    (text) => {
      console.error(text)
    },
  )
  if (total.lost + total.twice + silent > 0) process.exitCode = 1
  return { ...total, flips, noticed, harmless, silent, examples }
}
