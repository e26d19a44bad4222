import {
  AlfredError,
  type Clock,
  clockRule,
  isAlfredError,
  option,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { KeyEncryptionKeyProvider } from '../key-encryption-key.ts'
import { keyEncryptionKeyRule } from '../vault-options.ts'
import type { VaultStore } from '../vault-store.ts'
import {
  type AuditChain,
  type AuditEntry,
  type AuditEvent,
  auditLine,
  auditPayload,
  chainStart,
  createAuditChain,
  parseAuditLine,
  splitAuditLine,
} from './audit-entry.ts'
import { createAuditKey, keyAction, keyIdOf, unwrapAuditKey, wrapAuditKey } from './audit-key.ts'
import { countDone, findLastDone } from './audit-history.ts'
import { type AuditHead, type AuditVerification, createChainCheck } from './verify-chain.ts'

/** Where a trail is: a part of every vault store. */
export type AuditStore = Pick<VaultStore, 'appendAudit' | 'readAudit'>

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

const optionsRule = option.object<AuditLogOptions>(
  {
    store: option.withMethods<AuditStore>('appendAudit', 'readAudit'),
    keyEncryptionKey: keyEncryptionKeyRule,
    tenant: option.string(),
    actor: option.string(),
    clock: clockRule,
  },
  { required: ['store', 'keyEncryptionKey'] },
)

const pageSize = 50_000
/** Each failure means that another writer got on. */
const maxAttempts = 256

const tampered = (message: string): AlfredError => new AlfredError('ALFRED_VAULT_TAMPERED', message)

/** What is known of the trail: its key, and where it ended when it was last looked at. */
interface Opened {
  readonly chain: AuditChain
  readonly key: Buffer
  head: AuditHead
}

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
 * import { createAuditLog, createFileVaultStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
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
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const {
    store,
    keyEncryptionKey,
    tenant = 'default',
    actor = 'application',
    clock = systemClock,
  } = readOptions('audit', options, optionsRule)
  let opened: Opened | undefined

  const macOf = (line: string | undefined): string => {
    const mac = line === undefined ? undefined : splitAuditLine(line)?.mac
    if (mac === undefined) throw tampered('The audit trail is damaged.')
    return mac
  }

  const parse = (line: string): AuditEntry => {
    try {
      return parseAuditLine(line)
    } catch {
      throw tampered('The audit trail is damaged.')
    }
  }

  /** The entry whose key our key-encryption key opens: the first, unless the key was wrapped anew since. */
  const findKeyEntry = async (): Promise<AuditEntry> => {
    const [firstLine] = (await store.readAudit(0, 1)).entries
    if (firstLine === undefined) throw tampered('The audit trail is damaged.')
    const first = parse(firstLine)
    if (keyIdOf(first) === keyEncryptionKey.id) return first
    for (let from = 1; ; from += pageSize) {
      const { entries } = await store.readAudit(from, pageSize)
      if (entries.length === 0) return first
      for (const line of entries) {
        if (!line.includes(keyAction)) continue
        const entry = parse(line)
        if (keyIdOf(entry) === keyEncryptionKey.id) return entry
      }
    }
  }

  const begin = async (): Promise<Opened> => {
    const key = createAuditKey()
    const chain = createAuditChain(key)
    const entry: AuditEntry = {
      sequence: 0,
      at: clock.now(),
      actor,
      action: keyAction,
      subject: tenant,
      outcome: 'done',
      details: await wrapAuditKey(keyEncryptionKey, tenant, key),
    }
    const payload = auditPayload(entry)
    const mac = chain.link(chainStart, payload)
    const isFirst = await store.appendAudit(0, [auditLine(payload, mac)])
    return isFirst ? { chain, key, head: { length: 1, mac } } : open()
  }

  const open = async (): Promise<Opened> => {
    if (opened) return opened
    const { length } = await store.readAudit(0, 0)
    if (length === 0) return (opened = await begin())
    const key = await unwrapAuditKey(keyEncryptionKey, tenant, await findKeyEntry())
    const last = await store.readAudit(length - 1, 1)
    return (opened = {
      chain: createAuditChain(key),
      key,
      head: { length, mac: macOf(last.entries[0]) },
    })
  }

  /** Takes over what others have written since, checking it on the way. */
  const catchUp = async (trail: Opened): Promise<void> => {
    for (;;) {
      const { length, entries } = await store.readAudit(trail.head.length, pageSize)
      if (length < trail.head.length) throw tampered('The audit trail has become shorter.')
      if (entries.length === 0) return
      let { mac } = trail.head
      for (const line of entries) {
        const parts = splitAuditLine(line)
        mac = parts ? trail.chain.link(mac, parts.payload) : ''
        if (mac !== parts?.mac)
          throw tampered('The audit trail was changed by something else than the vault.')
      }
      trail.head = { length: trail.head.length + entries.length, mac }
    }
  }

  type Written = Omit<AuditEntry, 'sequence' | 'at' | 'actor'> & { readonly actor?: string | undefined }

  const append = async (event: Written): Promise<number> => {
    const trail = await open()
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const { length, mac: previous } = trail.head
      const payload = auditPayload({
        sequence: length,
        at: clock.now(),
        ...event,
        actor: event.actor ?? actor,
      })
      const mac = trail.chain.link(previous, payload)
      if (await store.appendAudit(length, [auditLine(payload, mac)])) {
        trail.head = { length: length + 1, mac }
        return length
      }
      await catchUp(trail)
    }
    throw new AlfredError('ALFRED_VAULT_CONFLICT', 'Other writers were always first. Try again.')
  }

  // One at a time: entries of one process do not compete with each other.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const run = last.then(task)
    last = run.catch(() => undefined)
    return run
  }

  const write = (event: Written, failure: string): Promise<number> =>
    inTurn(() => append(event)).catch((cause: unknown) => {
      throw new AlfredError('ALFRED_VAULT_AUDIT_UNAVAILABLE', failure, { cause })
    })

  return Object.freeze({
    ready: () =>
      inTurn(async () => {
        if ((await store.readAudit(0, 0)).length > 0) await open()
      }),
    async record<T>(event: AuditEvent, work: () => Promise<T>) {
      const of = await write(
        { ...event, outcome: 'started' },
        'Nothing was done: the audit trail cannot be written.',
      )
      const { details: _told, ...ending } = event
      let result: T
      try {
        result = await work()
      } catch (error) {
        const code = isAlfredError(error) ? error.code : undefined
        // The reason of the failure matters more than that it could not be noted: the entry before tells of the attempt.
        await write({ ...ending, outcome: 'failed', of, code }, '').catch(() => undefined)
        throw error
      }
      await write(
        { ...ending, outcome: 'done', of },
        'The change was done, but its outcome could not be written to the audit trail.',
      )
      return result
    },
    head: () =>
      inTurn(async () => {
        const trail = await open()
        await catchUp(trail)
        return trail.head
      }),
    async verify(head?: AuditHead) {
      const { length } = await store.readAudit(0, 0)
      if (length === 0) {
        return head && head.length > 0
          ? { intact: false as const, at: 0, reason: 'truncated' as const }
          : { intact: true as const, head: { length: 0, mac: chainStart } }
      }
      let key: Buffer
      try {
        key = await unwrapAuditKey(keyEncryptionKey, tenant, await findKeyEntry())
      } catch (error) {
        if (!isAlfredError(error) || error.code !== 'ALFRED_VAULT_TAMPERED') throw error
        return { intact: false as const, at: 0, reason: 'altered' as const }
      }
      const check = createChainCheck(createAuditChain(key), head?.length)
      for (;;) {
        const { entries } = await store.readAudit(check.head().length, pageSize)
        if (entries.length === 0 || !check.add(entries)) return check.result(head)
      }
    },
    read: async (from: number, limit: number) => (await store.readAudit(from, limit)).entries.map(parse),
    async holds(head: AuditHead) {
      if (head.length === 0) return true
      const [line = ''] = (await store.readAudit(head.length - 1, 1)).entries
      return splitAuditLine(line)?.mac === head.mac
    },
    lastDone: (actions: string) =>
      inTurn(async () => {
        const { length } = await store.readAudit(0, 0)
        return length === 0 ? undefined : findLastDone(store, (await open()).chain, length, actions)
      }),
    countDone: (actions: string, restart: string) =>
      inTurn(async () => {
        const { length } = await store.readAudit(0, 0)
        return length === 0 ? new Map() : countDone(store, (await open()).chain, actions, restart)
      }),
    rewrap: () =>
      inTurn(async () => {
        const { key } = await open()
        if (keyIdOf(await findKeyEntry()) === keyEncryptionKey.id) return
        const details = await wrapAuditKey(keyEncryptionKey, tenant, key)
        await append({ action: keyAction, subject: tenant, outcome: 'done', details })
      }),
  })
}
