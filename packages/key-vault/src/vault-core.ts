import { AlfredError, type EventBus, type Logger } from '@alfred/core'
import { keysOf, type Moment } from './key-stages.ts'
import { openSecret } from './sealed-secret.ts'
import { createSecret, type Secret } from './secret.ts'
import { createDocumentCodec, type KeyVersion, type VaultDocument } from './vault-document.ts'
import type { ResolvedKeyVaultOptions } from './vault-options.ts'

/** What a process knows of the vault. */
export interface VaultState {
  readonly revision: number
  readonly document: VaultDocument
  /** The current key by provider. */
  readonly current: ReadonlyMap<string, Secret>
}

/** A change of the document: what it becomes, and what the caller gets. */
export type Change<T> = (document: VaultDocument, moment: Moment) => Promise<readonly [VaultDocument, T]>

/** The document in memory, and the only way to change it. */
export interface VaultCore {
  /** Reads the store once; the state is there afterwards. A failure is forgotten, so that it can be called again. */
  ready(): Promise<void>
  /**
   * The state, at once.
   *
   * @throws `AlfredError` `ALFRED_VAULT_NOT_READY`, `ALFRED_LIFECYCLE_CLOSED`
   */
  state(): VaultState
  /** Reads the store again. */
  readonly refresh: () => Promise<void>
  /**
   * Changes the newest document, in one atomic write. `change` is called again when another writer was first;
   * when it answers the document it was given nothing is written.
   *
   * @param epoch - of the lease that the change is made under
   */
  mutate<T>(change: Change<T>, epoch?: number): Promise<T>
  /** The secret of a version; `undefined` when it has none any more. */
  open(provider: string, version: KeyVersion): Promise<Secret | undefined>
  /** Calls `listener` whenever another revision was taken over. Returns what ends it. */
  onChange(listener: () => void): () => void
  /** Forgets the keys, after the work that was begun. */
  close(): Promise<void>
}

/** How often a change is tried anew when other writers come first. Each failure means that one of them got on. */
const maxAttempts = 64

/** Tells log and listeners which versions came to another stage. */
function announce(
  before: VaultDocument,
  after: VaultDocument,
  logger: Logger,
  events: EventBus | undefined,
): void {
  for (const [provider, keys] of after) {
    const stages = new Map(keysOf(before, provider).versions.map(({ version, stage }) => [version, stage]))
    for (const { version, stage } of keys.versions) {
      if (stages.get(version) === stage) continue
      logger.info({ provider, version, stage }, 'a provider key changed')
      events?.emit('vault.key-changed', { provider, stage, version })
    }
  }
}

export function createVaultCore({
  store,
  keyEncryptionKey,
  tenant,
  events,
  logger,
  clock,
}: ResolvedKeyVaultOptions): VaultCore {
  const codec = createDocumentCodec(keyEncryptionKey, tenant)
  /** Opened secrets by the id of their data key. */
  let opened = new Map<string, Secret>()
  let state: VaultState | undefined
  let seenRevision = 0
  let closed = false
  const listeners = new Set<() => void>()

  const requireOpen = (): void => {
    if (closed) throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The vault is closed.')
  }

  const open = async (provider: string, { version, sealed }: KeyVersion): Promise<Secret | undefined> => {
    if (!sealed) return undefined
    const known = opened.get(sealed.dataKeyId)
    if (known) return known
    const value = await openSecret(keyEncryptionKey, { tenant, provider, version }, sealed)
    const secret = createSecret(provider, version, value)
    opened.set(sealed.dataKeyId, secret)
    return secret
  }

  const load = async (): Promise<{ revision: number; document: VaultDocument }> => {
    const { revision, data } = await store.read()
    if (revision < seenRevision) {
      throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The vault went back to an earlier revision.')
    }
    const document: VaultDocument = data === undefined ? new Map() : await codec.decode(data, revision)
    seenRevision = revision
    return { revision, document }
  }

  /** Opens what may be asked for, then takes the document over at once. */
  const adopt = async (document: VaultDocument, revision: number): Promise<void> => {
    const current = new Map<string, Secret>()
    const inUse = new Map<string, Secret>()
    for (const [provider, { versions }] of document) {
      for (const version of versions) {
        // Previous ones too: a rollback must not depend on a key service that is down.
        if (version.stage !== 'current' && version.stage !== 'previous') continue
        const secret = await open(provider, version)
        if (!secret || !version.sealed) continue
        inUse.set(version.sealed.dataKeyId, secret)
        if (version.stage === 'current') current.set(provider, secret)
      }
    }
    if (closed) return
    opened = inUse
    const before = state?.document
    state = { revision, document, current }
    seenRevision = revision
    if (before) announce(before, document, logger, events)
    for (const listener of listeners) listener()
  }

  // Work on the store is done one at a time, in the order of the calls.
  let last: Promise<unknown> = Promise.resolve()
  const enqueue = <T>(task: () => Promise<T>): Promise<T> => {
    const run = last.then(() => {
      requireOpen()
      return task()
    })
    last = run.catch(() => undefined)
    return run
  }

  const refresh = (): Promise<void> =>
    enqueue(async () => {
      const { document, revision } = await load()
      if (revision !== state?.revision) await adopt(document, revision)
    })

  const mutate = <T>(change: Change<T>, epoch?: number): Promise<T> =>
    enqueue(async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { document, revision } = await load()
        const moment: Moment = { now: clock.now(), revision: revision + 1 }
        const [changed, result] = await change(document, moment)
        if (changed === document) return result
        const data = await codec.encode(changed, moment.revision)
        if (await store.compareAndSet(revision, data, epoch)) {
          await adopt(changed, moment.revision)
          return result
        }
      }
      throw new AlfredError('ALFRED_VAULT_CONFLICT', 'Other writers were always first. Try again.')
    })

  let loading: Promise<void> | undefined
  return {
    ready: () =>
      (loading ??= store
        .ready()
        .then(refresh)
        .catch((error: unknown) => {
          // The store may be back at the next call.
          loading = undefined
          throw error
        })),
    state() {
      if (state) return state
      requireOpen()
      throw new AlfredError('ALFRED_VAULT_NOT_READY', 'The vault has not been read yet. Await ready() first.')
    },
    refresh,
    mutate,
    open,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      state = undefined
      await last
      opened.clear()
      await store.close()
    },
  }
}
