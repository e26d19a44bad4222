import { chainStart, splitAuditLine } from './audit-entry.ts'
import type { ReadableTrail } from './read-slices.ts'
import { damagedTrail } from './tampered-trail.ts'

/** Where a trail ends. Kept elsewhere, it proves later that nothing was cut off. It is no secret. */
export interface AuditHead {
  /** How many entries the trail has. */
  readonly length: number
  /** The code of the last entry; empty for an empty trail. */
  readonly mac: string
}

/** The end of an empty trail. */
export const emptyHead: AuditHead = { length: 0, mac: chainStart }

/**
 * Where a trail ended when it had `length` entries. Nothing is checked.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when it has not so many
 */
export async function headAt(trail: ReadableTrail, length: number): Promise<AuditHead> {
  if (length === 0) return emptyHead
  const [line = ''] = (await trail.readAudit(length - 1, 1)).entries
  const mac = splitAuditLine(line)?.mac
  if (mac === undefined) throw damagedTrail()
  return { length, mac }
}

/** Whether a trail still has the entry that a head was taken at. */
export async function holdsHead(trail: ReadableTrail, head: AuditHead): Promise<boolean> {
  if (head.length === 0) return true
  const [line = ''] = (await trail.readAudit(head.length - 1, 1)).entries
  return splitAuditLine(line)?.mac === head.mac
}
