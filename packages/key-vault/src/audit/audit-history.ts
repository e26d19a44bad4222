import { AlfredError } from '@alfred/core'
import type { VaultStore } from '../vault-store.ts'
import {
  type AuditChain,
  type AuditEntry,
  chainStart,
  parseAuditLine,
  splitAuditLine,
} from './audit-entry.ts'
import { createChainCheck } from './verify-chain.ts'

type Trail = Pick<VaultStore, 'readAudit'>

const altered = (): AlfredError =>
  new AlfredError('ALFRED_VAULT_TAMPERED', 'The audit trail was changed by something else than the vault.')

/** Checks that each line from `first` on follows the one before it. */
function requireLinked(chain: AuditChain, lines: readonly string[], first: number): void {
  let previous = chainStart
  if (first > 0) previous = splitAuditLine(lines[first - 1] ?? '')?.mac ?? chainStart
  for (let index = first; index < lines.length; index++) {
    const parts = splitAuditLine(lines[index] ?? '')
    if (!parts || chain.link(previous, parts.payload) !== parts.mac) throw altered()
    previous = parts.mac
  }
}

/** How many of the last entries are looked at first, and how many times more each time after that. */
const firstLook = 64
const lookFurther = 16

/**
 * Finds the newest change that was done among those whose action begins with `actions`, and checks everything from there to
 * the end of the trail. What is older is not read.
 *
 * @param length - of the trail
 * @returns the entry that stands before the change
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export async function findLastDone(
  trail: Trail,
  chain: AuditChain,
  length: number,
  actions: string,
): Promise<AuditEntry | undefined> {
  const mark = `"action":"${actions}`
  for (let size = firstLook; ; size *= lookFurther) {
    const from = Math.max(0, length - size)
    const { entries } = await trail.readAudit(from, length - from)
    const done = new Set<number | undefined>()
    // The first of a part has its predecessor outside of it, and is looked at with the next, larger part.
    for (let index = entries.length - 1; index >= (from === 0 ? 0 : 1); index--) {
      const line = entries[index] ?? ''
      if (!line.includes(mark)) continue
      const entry = parseAuditLine(line)
      if (entry.outcome === 'done') done.add(entry.of)
      if (entry.outcome !== 'started' || !done.has(entry.sequence)) continue
      if (entry.sequence !== from + index) throw altered()
      requireLinked(chain, entries, index)
      return entry
    }
    if (from === 0) return undefined
  }
}

const pageSize = 50_000

/**
 * Counts the changes of each subject that were done, among those whose action begins with `actions`, and checks the whole
 * trail on the way.
 *
 * @param restart - an action after which the count begins anew
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export async function countDone(
  trail: Trail,
  chain: AuditChain,
  actions: string,
  restart: string,
): Promise<ReadonlyMap<string, number>> {
  const mark = `"action":"${actions}`
  const counts = new Map<string, number>()
  const check = createChainCheck(chain)
  for (;;) {
    const { entries } = await trail.readAudit(check.head().length, pageSize)
    if (entries.length === 0) return counts
    if (!check.add(entries)) throw altered()
    for (const line of entries) {
      if (!line.includes(mark) || !line.includes('"outcome":"done"')) continue
      const { action, subject, outcome } = parseAuditLine(line)
      if (outcome !== 'done') continue
      if (action === restart) counts.clear()
      else counts.set(subject, (counts.get(subject) ?? 0) + 1)
    }
  }
}
