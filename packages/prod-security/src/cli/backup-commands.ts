import { backupFileStores, restoreFileStores } from '@alfred/key-vault'
import { readAuditHead } from './audit-head.ts'
import type { CommandEnvironment } from './command-environment.ts'
import { isoTime } from './iso-time.ts'
import type { ActionCall, CommandOutput } from './store-command.ts'
import { type AccessValues, actorOf, type KeyValues, readFilePath, readKeys } from './vault-access.ts'

/** The flags of `keys backup` and `keys restore`. */
export type BackupValues = AccessValues &
  KeyValues & {
    readonly 'client-keys'?: string | undefined
    readonly 'accept-older'?: boolean | undefined
    readonly head?: string | undefined
  }

type Call = ActionCall<BackupValues>

const pathsOf = (values: BackupValues, environment: CommandEnvironment) => ({
  vault: readFilePath(values, environment),
  clientKeys: values['client-keys'],
})

/** Copies the files of a vault into a new folder. */
export async function backup({ operands: [to = ''], values, environment }: Call): Promise<CommandOutput> {
  const made = await backupFileStores({ ...pathsOf(values, environment), to })
  const { folder, revision, auditEntries, clientKeys } = made
  const keys = clientKeys === undefined ? '' : `, ${String(clientKeys)} client keys`
  return {
    json: made,
    text: `${folder} holds the vault at revision ${String(revision)}, ${String(auditEntries)} audit entries${keys}.\n`,
    remark: 'The key-encryption key is not in it. Keep that elsewhere.',
  }
}

/** Puts such a folder in place of the files of a vault. */
export async function restore({ operands: [from = ''], values, environment }: Call): Promise<CommandOutput> {
  const restored = await restoreFileStores({
    ...pathsOf(values, environment),
    from,
    keyEncryptionKey: readKeys(values, environment),
    acceptOlder: values['accept-older'],
    auditHead: values.head === undefined ? undefined : readAuditHead(values.head),
    actor: actorOf(values),
  })
  const lines = [
    `The backup of ${isoTime(restored.createdAt)} is in place: the vault is at revision ${String(restored.revision)}.`,
    restored.trail === 'kept'
      ? 'The audit trail in place continues.'
      : 'The audit trail is the one of the backup.',
    ...(restored.older
      ? ['It is older than the newest change in the audit trail, which records the restore.']
      : []),
    ...restored.previous.map((path) => `The former files are in ${path}.`),
    'Restart the processes that use it.',
  ]
  return { json: restored, text: `${lines.join('\n')}\n` }
}
