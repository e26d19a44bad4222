import { AlfredError, type AlfredErrorDetails } from '@alfred/core'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AuditHead } from '../audit/audit-head.ts'

/** Begins the actions that the trail has of a vault. */
export const vaultActions = 'vault.'

/** What {@link createRollbackCheck} knows of the store by its trail. */
export interface RollbackCheck {
  /**
   * Reads, once, how far the vault was written by its audit trail. Called before the vault is read, so that what others write
   * meanwhile is later than that.
   *
   * @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK`, `ALFRED_VAULT_TAMPERED`, and those of the store
   */
  read(): Promise<void>
  /**
   * Called when the vault that was read has keys, of which the trail must know. Where it was empty it is read again: the
   * first writes of others may lie between the two reads, and they are noted before they are made.
   *
   * @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK`, and those of the store
   */
  requireTrail(revision: number): Promise<void>
  /** @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK` */
  require(revision: number): void
  /** Takes a state for the newest, whatever was seen before. */
  accept(revision: number): void
}

const restored =
  'If a backup was restored here, restore the audit trail with it, or accept it: alfred-security keys accept-restore.'

const rolledBack = (
  what: string,
  details: AlfredErrorDetails['ALFRED_VAULT_ROLLED_BACK'] = {},
): AlfredError => new AlfredError('ALFRED_VAULT_ROLLED_BACK', `${what} ${restored}`, details)

/**
 * Compares what is read with what was seen, and with the audit trail: a vault that was put back to an earlier state of itself
 * is authentic, and only what it was since tells.
 */
export function createRollbackCheck(audit: AuditLog, head: AuditHead | undefined): RollbackCheck {
  let newest = 0
  let hasTrail: boolean | undefined
  return {
    async read() {
      if (hasTrail !== undefined) return
      if (head && !(await audit.holds(head)))
        throw rolledBack('The audit trail does not contain the head given as auditHead.')
      const last = await audit.lastDone(vaultActions)
      const revision = last?.details?.['revision']
      if (typeof revision === 'number') newest = Math.max(newest, revision)
      hasTrail = last !== undefined || (await audit.read(0, 1)).length > 0
    },
    async requireTrail(revision) {
      if (hasTrail !== false) return
      // Until it is known, the next look asks again.
      hasTrail = undefined
      if ((await audit.read(0, 1)).length === 0)
        throw rolledBack('The vault has keys, and its audit trail is gone.', { revision })
      hasTrail = true
    },
    require(revision) {
      if (revision < newest) {
        throw rolledBack(
          `The vault is at revision ${String(revision)}, but was at ${String(newest)} before: it was replaced by an older copy.`,
          { revision, minRevision: newest },
        )
      }
      newest = revision
      // What is written from now on is noted.
      if (hasTrail === false) hasTrail = true
    },
    accept(revision) {
      newest = revision
      hasTrail = true
    },
  }
}
