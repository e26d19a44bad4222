import { setImmediate } from 'node:timers/promises'
import type { AuditPage, VaultStore } from '../stores/vault-store.ts'

/** What reads a trail. */
export type ReadableTrail = Pick<VaultStore, 'readAudit'>

/** How many entries are asked for at once: a trip to the store costs as much as hundreds of entries. */
const pageEntries = 5_000
/** How many entries are worked on in one turn: about a millisecond of work. */
export const sliceEntries = 250

/**
 * Reads a trail from an entry on to its end, slice by slice, and lets other work be done after each: a trail may have a hundred
 * thousand entries, and requests do not wait for them.
 */
export async function* readSlices(
  trail: ReadableTrail,
  from: number,
): AsyncGenerator<AuditPage & { readonly from: number }> {
  for (;;) {
    const { length, entries } = await trail.readAudit(from, pageEntries)
    for (let start = 0; ;) {
      const slice = entries.slice(start, start + sliceEntries)
      yield { length, entries: slice, from: from + start }
      start += slice.length
      if (start >= entries.length) break
      await setImmediate()
    }
    from += entries.length
    if (entries.length === 0 || from >= length) return
    await setImmediate()
  }
}
