import { AlfredError, type EventBus, isAlfredError, type Logger, retryOnConflict } from '@alfred/core'
import type { AuditEvent } from '../audit/audit-entry.ts'
import { type AuditLog, openAuditLog } from '../audit/audit-log.ts'
import { keysOf, type Moment } from './key-stages.ts'
import { createQueue } from '../audit/queue.ts'
import { restoredAction } from './accept-restored-vault.ts'
import { createRollbackCheck } from './rollback-check.ts'
import { openSecret } from '../key-encryption/sealed-secret.ts'
import { createSecret, type Secret } from '../key-encryption/secret.ts'
import { createDocumentCodec, type KeyStage, type KeyVersion, type VaultDocument } from './vault-document.ts'
import { createStoreTime, type StoreTime } from './store-time.ts'
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
  /** The time that rotations go by. */
  readonly time: StoreTime
  /** Reads the store again. */
  readonly refresh: () => Promise<void>
  /**
   * Changes the newest document, in one atomic write. `change` is called again when another writer was first;
   * when it answers the document it was given nothing is written.
   *
   * Changes of stages are noted in the audit trail, before and after; what a rotation keeps of its plans is not.
   *
   * @param epoch - of the lease that the change is made under
   * @param event - what to note, where stages do not tell it
   */
  mutate<T>(change: Change<T>, epoch?: number, event?: AuditEvent): Promise<T>
  /** Takes the state that the store is in for the newest, and notes that. @returns its revision */
  acceptRestored(): Promise<number>
  /** Where changes are noted. */
  readonly audit: AuditLog
  /** The secret of a version; `undefined` when it has none any more. */
  open(provider: string, version: KeyVersion): Promise<Secret | undefined>
  /** Calls `listener` whenever another revision was taken over. Returns what ends it. */
  onChange(listener: () => void): () => void
  /** Forgets the keys, after the work that was begun. */
  close(): Promise<void>
}

/** How often a change is tried anew when other writers come first. Each failure means that one of them got on. */
const retries = { maxAttempts: 64, store: 'vault' }

/** How many secrets are opened at once, where a key service is asked over a network. */
const openedAtOnce = 32

/** What the trail may say of the vault that waiting does not mend. */
const endsReading: ReadonlySet<string> = new Set([
  'ALFRED_VAULT_ROLLED_BACK',
  'ALFRED_VAULT_TAMPERED',
  'ALFRED_VAULT_WRONG_KEY',
])

/** A version that is at another stage than before. */
interface StageChange {
  readonly provider: string
  readonly version: number
  readonly from: KeyStage | undefined
  readonly stage: KeyStage
}

function stageChanges(before: VaultDocument, after: VaultDocument): readonly StageChange[] {
  return [...after].flatMap(([provider, keys]) => {
    if (before.get(provider) === keys) return []
    const stages = new Map(keysOf(before, provider).versions.map(({ version, stage }) => [version, stage]))
    return keys.versions.flatMap(({ version, stage }) => {
      const from = stages.get(version)
      return from === stage ? [] : [{ provider, version, from, stage }]
    })
  })
}

/** Tells log and listeners which versions came to another stage. */
function announce(changes: readonly StageChange[], logger: Logger, events: EventBus | undefined): void {
  for (const { provider, version, stage } of changes) {
    logger.info({ provider, version, stage }, 'a provider key changed')
    events?.emit('vault.key-changed', { provider, stage, version })
  }
}

/** What the audit trail says of changed stages: `openai`, `{ 3: 'pending → current' }`. */
function describeChanges(changes: readonly StageChange[], revision: number): AuditEvent | undefined {
  if (changes.length === 0) return undefined
  const details: Record<string, string | number> = { revision }
  for (const { version, from, stage } of changes) {
    details[`version ${String(version)}`] = from === undefined ? stage : `${from} → ${stage}`
  }
  const subject = [...new Set(changes.map(({ provider }) => provider))].join(' ')
  return { action: 'vault.change', subject, details }
}

export function createVaultCore({
  store,
  keyEncryptionKey,
  tenant,
  events,
  logger,
  clock,
  actor,
  auditHead,
}: ResolvedKeyVaultOptions): VaultCore {
  const { log: audit, reopen } = openAuditLog({ store, keyEncryptionKey, tenant, actor, clock })
  const time = createStoreTime({ store, clock, events, logger })
  const codec = createDocumentCodec(keyEncryptionKey, tenant)
  /** Opened secrets by the id of their data key. */
  let opened = new Map<string, Secret>()
  let state: VaultState | undefined
  const rollback = createRollbackCheck(audit, auditHead)
  let closed = false
  const listeners = new Set<() => void>()

  const requireOpen = (): void => {
    if (closed)
      throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The vault is closed.', { component: 'vault' })
  }

  const open = async (provider: string, { version, sealed }: KeyVersion): Promise<Secret | undefined> => {
    if (!sealed) return undefined
    const cached = opened.get(sealed.dataKeyId)
    if (cached) return cached
    const value = await openSecret(keyEncryptionKey, { tenant, provider, version }, sealed)
    const secret = createSecret(provider, version, value)
    opened.set(sealed.dataKeyId, secret)
    return secret
  }

  /** A trail that cannot be read stops changes, not this; it is read with the next look. */
  const tolerateUnreadTrail = (error: unknown): void => {
    if (!isAlfredError(error) || endsReading.has(error.code)) throw error
    logger.warn({ err: error }, 'comparing the vault with its audit trail failed; retrying')
  }

  const load = async (): Promise<{ revision: number; document: VaultDocument }> => {
    await rollback.read().catch(tolerateUnreadTrail)
    const { revision, data } = await store.read()
    const document: VaultDocument = data === undefined ? new Map() : await codec.decode(data, revision)
    if (document.size > 0) await rollback.requireTrail(revision).catch(tolerateUnreadTrail)
    rollback.require(revision)
    return { revision, document }
  }

  /** Opens what may be asked for, then takes the document over at once. */
  const adopt = async (document: VaultDocument, revision: number): Promise<void> => {
    const current = new Map<string, Secret>()
    const inUse = new Map<string, Secret>()
    // Previous ones too: a rollback must not depend on a key service that is down.
    const wanted = [...document].flatMap(([provider, { versions }]) =>
      versions
        .filter(({ stage }) => stage === 'current' || stage === 'previous')
        .map((version) => ({ provider, version })),
    )
    for (let next = 0; next < wanted.length; next += openedAtOnce) {
      const opening = wanted.slice(next, next + openedAtOnce).map(async ({ provider, version }) => {
        const secret = await open(provider, version)
        if (!secret || !version.sealed) return
        inUse.set(version.sealed.dataKeyId, secret)
        if (version.stage === 'current') current.set(provider, secret)
      })
      await Promise.all(opening)
    }
    if (closed) return
    opened = inUse
    const before = state?.document
    state = { revision, document, current }
    rollback.require(revision)
    if (before) announce(stageChanges(before, document), logger, events)
    for (const listener of listeners) listener()
  }

  const inTurn = createQueue()
  const enqueue = <T>(task: () => Promise<T>): Promise<T> =>
    inTurn(() => {
      requireOpen()
      return task()
    })

  const refresh = (): Promise<void> =>
    enqueue(async () => {
      await time.check()
      const { document, revision } = await load()
      if (revision !== state?.revision) await adopt(document, revision)
    })

  /** Writes, between two entries of the audit trail where there is something to note. */
  const write = async (
    expected: number,
    data: string,
    epoch: number | undefined,
    event: AuditEvent | undefined,
  ): Promise<boolean> => {
    if (!event) return store.compareAndSet(expected, data, epoch)
    const actedBy = event.actor ?? (epoch === undefined ? undefined : 'rotation')
    const superseded = new AlfredError('ALFRED_VAULT_CONFLICT', 'Another process wrote the vault first.', {
      store: 'vault',
    })
    try {
      await audit.record({ ...event, actor: actedBy }, async () => {
        if (!(await store.compareAndSet(expected, data, epoch))) throw superseded
      })
      return true
    } catch (error) {
      if (error === superseded) return false
      throw error
    }
  }

  const mutate = <T>(change: Change<T>, epoch?: number, event?: AuditEvent): Promise<T> =>
    enqueue(() =>
      retryOnConflict(retries, async () => {
        const { document, revision } = await load()
        const moment: Moment = { now: time.now(), revision: revision + 1 }
        const [changed, result] = await change(document, moment)
        if (changed === document) return { value: result }
        const data = await codec.encode(changed, moment.revision)
        const noted = event
          ? { ...event, details: { ...event.details, revision: moment.revision } }
          : describeChanges(stageChanges(document, changed), moment.revision)
        if (!(await write(revision, data, epoch, noted))) return undefined
        await adopt(changed, moment.revision)
        return { value: result }
      }),
    )

  const acceptRestored = (): Promise<number> =>
    enqueue(async () => {
      const { revision, data } = await store.read()
      const document: VaultDocument = data === undefined ? new Map() : await codec.decode(data, revision)
      reopen()
      const event = { action: restoredAction, subject: tenant, details: { revision } }
      await audit.record(event, () => Promise.resolve())
      rollback.accept(revision)
      await adopt(document, revision)
      return revision
    })

  let loading: Promise<void> | undefined
  return {
    ready: () =>
      (loading ??= store
        .ready()
        .then(refresh)
        // Its key, so that a key service that is down later stops no change.
        .then(() => audit.ready().catch(() => undefined))
        .catch((error: unknown) => {
          // The store may be back at the next call.
          loading = undefined
          throw error
        })),
    state() {
      if (state) return state
      requireOpen()
      throw new AlfredError(
        'ALFRED_VAULT_NOT_READY',
        'The vault has not been read yet. Await ready() first.',
        {},
      )
    },
    time,
    refresh,
    acceptRestored,
    audit,
    mutate,
    open,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      state = undefined
      await inTurn(() => Promise.resolve())
      opened.clear()
      await store.close()
    },
  }
}
