import { timeOfId } from './manifest.ts'

/** A backup in the storage. */
export interface StoredBackup {
  readonly id: string
  /** Whether it is complete, and no restore of it has failed. */
  readonly isGood: boolean
  readonly isVerified: boolean
}

/** How many days, weeks and months keep a backup. */
export interface RetentionRule {
  readonly days: number
  readonly weeks: number
  readonly months: number
}

export const defaultRetention: RetentionRule = { days: 7, weeks: 4, months: 6 }

const dayMs = 86_400_000
/** What failed is kept for a while, to be looked at. */
const badMs = 30 * dayMs

/**
 * Which backups may go. The newest good one of each of the last days, weeks and months stays, as do all good ones of
 * the last 24 hours, and the newest that was restored. Bad ones never take the room of good ones. Nothing goes while
 * there is no good one.
 *
 * @param now - ms, by the clock of the storage
 */
export function removableBackups(
  backups: readonly StoredBackup[],
  now: number,
  rule: RetentionRule = defaultRetention,
): readonly string[] {
  const newestFirst = [...backups].sort((a, b) => (a.id < b.id ? 1 : -1))
  const good = newestFirst.filter(({ isGood }) => isGood)
  const [newestGood] = good
  if (newestGood === undefined) return []
  const kept = new Set<string>([newestGood.id])
  const newestVerified = good.find(({ isVerified }) => isVerified)
  if (newestVerified) kept.add(newestVerified.id)
  for (const { id } of good) if (now - timeOf(id) < dayMs) kept.add(id)
  keepNewestOf(good, rule.days, dayOf, kept)
  keepNewestOf(good, rule.weeks, weekOf, kept)
  keepNewestOf(good, rule.months, monthOf, kept)
  for (const { id, isGood } of newestFirst) if (!isGood && now - timeOf(id) < badMs) kept.add(id)
  return newestFirst.map(({ id }) => id).filter((id) => !kept.has(id))
}

const timeOf = (id: string): number => timeOfId(id) ?? Infinity
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const monthOf = (time: number): string => new Date(time).toISOString().slice(0, 7)
/** Weeks begin on Monday; the epoch was a Thursday. */
const weekOf = (time: number): string => String(Math.floor((time / dayMs + 3) / 7))

/** Periods without a backup do not count: after a month of failures there are still as many backups. */
function keepNewestOf(
  newestFirst: readonly StoredBackup[],
  count: number,
  periodOf: (time: number) => string,
  kept: Set<string>,
): void {
  const periods = new Set<string>()
  for (const { id } of newestFirst) {
    const time = timeOfId(id)
    if (time === undefined) continue
    const period = periodOf(time)
    if (periods.has(period)) continue
    if (periods.size === count) return
    periods.add(period)
    kept.add(id)
  }
}
