import { type AuditChain, type AuditEntry, parseAuditLine } from './audit-entry.ts'
import { headAt } from './audit-head.ts'
import { readSlices, type ReadableTrail } from './read-slices.ts'
import { tamperedTrail } from './tampered-trail.ts'
import { createChainCheck } from './verify-chain.ts'

/** How many of the last entries are looked at first, and how many times more each time after that. */
const firstLook = 64
const lookFurther = 16

/** The newest change that was done among the entries from number `from` on. */
async function findDoneSince(
  trail: ReadableTrail,
  from: number,
  actions: string,
): Promise<AuditEntry | undefined> {
  const mark = `"action":"${actions}`
  const started = new Map<number, { readonly entry: AuditEntry; readonly at: number }>()
  let newest: { readonly entry: AuditEntry; readonly at: number } | undefined
  for await (const page of readSlices(trail, from)) {
    for (const [index, line] of page.entries.entries()) {
      if (!line.includes(mark)) continue
      const entry = parseAuditLine(line)
      if (entry.outcome === 'started') started.set(entry.sequence, { entry, at: page.from + index })
      const ended = entry.outcome === 'done' && entry.of !== undefined ? started.get(entry.of) : undefined
      if (ended && ended.at > (newest?.at ?? -1)) newest = ended
    }
  }
  if (newest && newest.entry.sequence !== newest.at) throw tamperedTrail()
  return newest?.entry
}

/**
 * Finds the newest change that was done among those whose action begins with `actions`, and checks everything from there to
 * the end of the trail. What is older is not checked.
 *
 * @returns the entry that stands before the change
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export async function findLastDone(
  trail: ReadableTrail,
  chain: AuditChain,
  actions: string,
): Promise<AuditEntry | undefined> {
  const { length } = await trail.readAudit(0, 0)
  for (let size = firstLook; ; size *= lookFurther) {
    const from = Math.max(0, length - size)
    const found = await findDoneSince(trail, from, actions)
    if (found) {
      const check = createChainCheck(chain, { from: await headAt(trail, found.sequence) })
      for await (const { entries } of readSlices(trail, found.sequence)) {
        if (!check.add(entries)) throw tamperedTrail()
      }
      return found
    }
    if (from === 0) return undefined
  }
}

/**
 * Counts the changes of each subject that were done, among those whose action begins with `actions`, and checks the whole
 * trail on the way.
 *
 * @param restart - an action after which the count begins anew
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export async function countDone(
  trail: ReadableTrail,
  chain: AuditChain,
  actions: string,
  restart: string,
): Promise<ReadonlyMap<string, number>> {
  const mark = `"action":"${actions}`
  const counts = new Map<string, number>()
  const check = createChainCheck(chain)
  for await (const { entries } of readSlices(trail, 0)) {
    if (!check.add(entries)) throw tamperedTrail()
    for (const line of entries) {
      if (!line.includes(mark) || !line.includes('"outcome":"done"')) continue
      const { action, subject, outcome } = parseAuditLine(line)
      if (outcome !== 'done') continue
      if (action === restart) counts.clear()
      else counts.set(subject, (counts.get(subject) ?? 0) + 1)
    }
  }
  return counts
}
