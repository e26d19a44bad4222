import { type Clock, retryOnConflict } from '@alfred/core'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import type { VaultStore } from '../stores/vault-store.ts'
import { type AuditChain, type AuditEntry, auditLine, auditPayload, createAuditChain } from './audit-entry.ts'
import { type AuditHead, emptyHead, headAt } from './audit-head.ts'
import {
  createAuditKey,
  findKeyEntry,
  keyAction,
  keyIdOf,
  unwrapAuditKey,
  wrapAuditKey,
} from './audit-key.ts'
import { readSlices } from './read-slices.ts'
import { shortenedTrail, tamperedTrail } from './tampered-trail.ts'
import { createChainCheck } from './verify-chain.ts'

/** Where a trail is: a part of every vault store. */
export type AuditStore = Pick<VaultStore, 'appendAudit' | 'readAudit'>

/** What is written, without what the trail adds. */
export type WrittenEntry = Omit<AuditEntry, 'sequence' | 'at' | 'actor'> & {
  readonly actor?: string | undefined
}

/** The trail of a store, and its end as this process knows it. Its calls are made one at a time. */
export interface AuditTrail {
  /** Whether it has no entry, and so no key. */
  isEmpty(): Promise<boolean>
  /** What links its entries, read anew. @throws `AlfredError` `ALFRED_VAULT_TAMPERED`, and those of the key-encryption key */
  readChain(): Promise<AuditChain>
  /** The same, read once. An empty trail is begun. */
  chain(): Promise<AuditChain>
  /** Takes over what others have written since, and checks it. @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
  catchUp(): Promise<AuditHead>
  /** Writes an entry behind all others. @returns its number */
  append(entry: WrittenEntry): Promise<number>
  /** Adds the key of the chain under our key-encryption key, where it is not there yet. */
  rewrap(): Promise<void>
  /** Forgets what was seen of it. */
  reopen(): void
}

/** What a trail is built from. */
export interface AuditTrailParts {
  readonly store: AuditStore
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  readonly tenant: string
  readonly actor: string
  readonly clock: Clock
}

/** Each failure means that another writer got on. */
const retries = { maxAttempts: 256, store: 'audit trail' }

/** What is known of the trail: its key, and where it ended when it was last looked at. */
interface Opened {
  readonly chain: AuditChain
  readonly key: Buffer
  head: AuditHead
}

/** Opens the trail of a store. Nothing is read or written before it is asked for. */
export function createAuditTrail({
  store,
  keyEncryptionKey,
  tenant,
  actor,
  clock,
}: AuditTrailParts): AuditTrail {
  let opened: Opened | undefined

  const length = async (): Promise<number> => (await store.readAudit(0, 0)).length

  const readKey = async (): Promise<Buffer> =>
    unwrapAuditKey(keyEncryptionKey, tenant, await findKeyEntry(store, keyEncryptionKey.id))

  const wrappedKey = async (key: Buffer): Promise<WrittenEntry> => ({
    action: keyAction,
    subject: tenant,
    outcome: 'done',
    details: await wrapAuditKey(keyEncryptionKey, tenant, key),
  })

  /** @returns the new end, or `undefined` when another writer was first */
  const write = async (
    chain: AuditChain,
    { length, mac: previous }: AuditHead,
    entry: WrittenEntry,
  ): Promise<AuditHead | undefined> => {
    const payload = auditPayload({
      sequence: length,
      at: clock.now(),
      ...entry,
      actor: entry.actor ?? actor,
    })
    const mac = chain.link(previous, payload)
    const isWritten = await store.appendAudit(length, [auditLine(payload, mac)])
    return isWritten ? { length: length + 1, mac } : undefined
  }

  const begin = async (): Promise<Opened | undefined> => {
    const key = createAuditKey()
    const chain = createAuditChain(key)
    const head = await write(chain, emptyHead, await wrappedKey(key))
    return head && { chain, key, head }
  }

  const open = async (): Promise<Opened> => {
    if (opened) return opened
    // Bounded: a store that refuses every write and stays empty would be asked for ever.
    opened = await retryOnConflict(retries, async () => {
      const found = await length()
      if (found > 0) {
        const key = await readKey()
        return { value: { chain: createAuditChain(key), key, head: await headAt(store, found) } }
      }
      const trail = await begin()
      return trail && { value: trail }
    })
    return opened
  }

  const catchUp = async (trail: Opened): Promise<void> => {
    const check = createChainCheck(trail.chain, { from: trail.head })
    for await (const { length, entries } of readSlices(store, trail.head.length)) {
      if (length < trail.head.length) throw shortenedTrail()
      if (!check.add(entries)) throw tamperedTrail()
      trail.head = check.head()
    }
  }

  const append = async (entry: WrittenEntry): Promise<number> => {
    const trail = await open()
    return retryOnConflict(retries, async () => {
      const { length } = trail.head
      const head = await write(trail.chain, trail.head, entry)
      if (head) {
        trail.head = head
        return { value: length }
      }
      await catchUp(trail)
      return undefined
    })
  }

  return {
    isEmpty: async () => (await length()) === 0,
    readChain: async () => createAuditChain(await readKey()),
    chain: async () => (await open()).chain,
    async catchUp() {
      const trail = await open()
      await catchUp(trail)
      return trail.head
    },
    append,
    reopen() {
      opened = undefined
    },
    async rewrap() {
      const { key } = await open()
      if (keyIdOf(await findKeyEntry(store, keyEncryptionKey.id)) === keyEncryptionKey.id) return
      await append(await wrappedKey(key))
    },
  }
}
