import type { KeyEncryptionKeyProvider, VaultStore } from '@alfred/key-vault'
import { type AuditHead, createAuditLog } from '@alfred/key-vault/audit'
import { readAuditHead, writeAuditHead } from './audit-head.ts'
import { UsageError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { isoTime } from './iso-time.ts'
import type { CommandOutput } from './store-command.ts'

/** The flags of `keys audit`. */
interface AuditValues {
  readonly limit?: string | undefined
  readonly verify?: boolean | undefined
  readonly head?: string | undefined
  readonly 'export-head'?: string | undefined
}

/** Shows the audit trail of a vault, or checks it, or writes where it ends. */
export async function tellOfAudit(
  store: VaultStore,
  keyEncryptionKey: KeyEncryptionKeyProvider,
  values: AuditValues,
): Promise<CommandOutput> {
  const log = createAuditLog({ store, keyEncryptionKey })
  const expected: AuditHead | undefined = values.head === undefined ? undefined : readAuditHead(values.head)
  if (values.verify || values['export-head'] !== undefined) {
    const verification = await log.verify(expected)
    if (!verification.intact) {
      const { at, reason } = verification
      return {
        json: verification,
        text: `NOT INTACT: ${reason} at entry ${String(at)}.\n`,
        exitCode: 3,
      }
    }
    const { head } = verification
    if (values['export-head'] !== undefined) writeAuditHead(values['export-head'], head)
    const against = expected ? `, and holds all ${String(expected.length)} of the head` : ''
    return { json: verification, text: `intact: ${String(head.length)} entries${against}\n` }
  }
  const limit = Number(values.limit ?? '50')
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number from 1')
  const { length } = await store.readAudit(0, 0)
  const entries = await log.read(Math.max(0, length - limit), limit)
  const rows = entries.map(({ sequence, at, actor, action, subject, outcome, code }) => [
    String(sequence),
    isoTime(at),
    actor,
    action,
    subject,
    code ?? outcome,
  ])
  return { json: entries, text: formatTable(['ENTRY', 'AT', 'BY', 'WHAT', 'OF', 'OUTCOME'], rows) }
}
