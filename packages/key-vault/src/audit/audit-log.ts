import { type Clock, clockRule, option, readOptions, systemClock } from '@alfred/core'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { createQueue } from './queue.ts'
import { keyEncryptionKeyRule } from '../key-encryption/key-encryption-key-rule.ts'
import { type AuditEntry, type AuditEvent, parseAuditLine } from './audit-entry.ts'
import { type AuditHead, holdsHead } from './audit-head.ts'
import { countDone, findLastDone } from './audit-history.ts'
import { type AuditStore, createAuditTrail } from './audit-trail.ts'
import { recordChange } from './record-change.ts'
import type { AuditVerification } from './verify-chain.ts'
import { verifyTrail } from './verify-trail.ts'

/** Options of `createAuditLog`. */
export interface AuditLogOptions {
  readonly store: AuditStore
  /** What encrypts the key of the chain, which stands in the trail. */
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /** Whose trail it is. @default 'default' */
  readonly tenant?: string | undefined
  /** Who changes things, where a change does not say it. @default 'application' */
  readonly actor?: string | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** Who changed what, when, and what came of it: append-only, hash-chained, keyed. */
export interface AuditLog {
  /** Reads the key of the chain, if there is a trail already, so that a key service that is down later stops no change. */
  ready(): Promise<void>
  /**
   * Does `work` between two entries. It is not done when the first cannot be written.
   *
   * @throws `AlfredError` `ALFRED_VAULT_AUDIT_UNAVAILABLE`: nothing was done, or, as the message says, it was done and
   * only its outcome is missing; else what `work` throws
   */
  record<T>(event: AuditEvent, work: () => Promise<T>): Promise<T>
  /** Where the trail ends. Keep it elsewhere: with it `verify` notices that the end was cut off. */
  head(): Promise<AuditHead>
  /** Checks every entry, and that the trail still holds everything up to `head`. */
  verify(head?: AuditHead): Promise<AuditVerification>
  /** Entries from number `from` on, which begin at 0. They are not checked: see `verify`. */
  read(from: number, limit: number): Promise<readonly AuditEntry[]>
  /** Whether the trail still has the entry that `head` was taken at. A look at one entry; `verify` checks them all. */
  holds(head: AuditHead): Promise<boolean>
  /**
   * The newest change that was done among those whose action begins with `actions`, as it was noted before it; it and all
   * entries after it are checked. `undefined` when there is none.
   *
   * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
   */
  lastDone(actions: string): Promise<AuditEntry | undefined>
  /**
   * How many changes of each subject were done since the last one whose action is `restart`, among those whose action begins
   * with `actions`. The whole trail is checked.
   *
   * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
   */
  countDone(actions: string, restart: string): Promise<ReadonlyMap<string, number>>
  /**
   * Encrypts the key of the chain with the key-encryption key as well, in an entry of its own, where only one of its
   * `previous` keys opens it.
   */
  rewrap(): Promise<void>
}

const optionsRule = option.objectOf<AuditLogOptions>(
  {
    store: option.withMethods<AuditStore>('appendAudit', 'readAudit'),
    keyEncryptionKey: keyEncryptionKeyRule,
    tenant: option.string(),
    actor: option.string(),
    clock: clockRule,
  },
  { required: ['store', 'keyEncryptionKey'] },
)

/**
 * Builds the log of changes on the trail of a store. Several processes may write to one trail.
 *
 * Each entry carries an HMAC over itself and the one before, with a random key that stands in the first entry,
 * encrypted. Who can write to the store but has not the key-encryption key can change, move, insert or drop nothing
 * without `verify` naming the place, and can cut off the end only where no head was kept elsewhere.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 *
 * @example
 * ```ts
 * import { createFileVaultStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
 * import { createAuditLog } from '@alfred/key-vault/audit'
 *
 * export async function check(lastHead: { length: number; mac: string }): Promise<boolean> {
 *   const audit = createAuditLog({
 *     store: createFileVaultStore({ path: '.data/keys.vault' }),
 *     keyEncryptionKey: keyEncryptionKeyFromFile('.data/vault.key'),
 *   })
 *   return (await audit.verify(lastHead)).intact
 * }
 * ```
 */
export const createAuditLog = (options: AuditLogOptions): AuditLog => openAuditLog(options).log

/** A log, and how to take the trail as it is after a restore: until then one that became shorter is refused. */
export interface ReopenableAuditLog {
  readonly log: AuditLog
  readonly reopen: () => void
}

/** Builds the log of a vault, which outlives restores. */
export function openAuditLog(options: AuditLogOptions): ReopenableAuditLog {
  const {
    store,
    keyEncryptionKey,
    tenant = 'default',
    actor = 'application',
    clock = systemClock,
  } = readOptions('audit', options, optionsRule)
  const trail = createAuditTrail({ store, keyEncryptionKey, tenant, actor, clock })
  const inTurn = createQueue()

  const log: AuditLog = Object.freeze({
    ready: () =>
      inTurn(async () => {
        if (!(await trail.isEmpty())) await trail.chain()
      }),
    record: <T>(event: AuditEvent, work: () => Promise<T>) =>
      recordChange((entry) => inTurn(() => trail.append(entry)), event, work),
    head: () => inTurn(() => trail.catchUp()),
    verify: (head?: AuditHead) => verifyTrail(store, trail, head),
    read: async (from: number, limit: number) =>
      (await store.readAudit(from, limit)).entries.map(parseAuditLine),
    holds: (head: AuditHead) => holdsHead(store, head),
    lastDone: (actions: string) =>
      inTurn(async () =>
        (await trail.isEmpty()) ? undefined : findLastDone(store, await trail.chain(), actions),
      ),
    countDone: (actions: string, restart: string) =>
      inTurn(async () =>
        (await trail.isEmpty()) ? new Map() : countDone(store, await trail.chain(), actions, restart),
      ),
    rewrap: () => inTurn(() => trail.rewrap()),
  })
  return {
    log,
    reopen: () => {
      trail.reopen()
    },
  }
}
