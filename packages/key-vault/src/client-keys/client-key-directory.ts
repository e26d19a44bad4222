import {
  AlfredError,
  type Clock,
  createBoundedCache,
  createDeadline,
  type EventBus,
  isAlfredError,
  type Logger,
  readStop,
  type Timer,
} from '@alfred/core'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { type ClientKey, toClientKey } from './records/client-key.ts'
import { type ClientKeyPepper, openPepper } from './records/client-key-pepper.ts'
import { type ClientKeyCodec, createClientKeyCodec } from './records/client-key-record.ts'
import { createRevisionGuard } from './revision-guard.ts'
import { createStoreAvailability } from './store-availability.ts'
import type { ClientKeyStore, StoredClientKey } from './stores/client-key-store.ts'

/** A secret as it is compared. */
export interface KnownSecret {
  /** The hash, in base64. */
  readonly hash: Buffer
  readonly validUntil: number | null
}

/** A key as verification needs it. */
export interface CachedClientKey {
  readonly key: ClientKey
  readonly secrets: readonly KnownSecret[]
}

/** The pepper and what is made with it. */
export interface OpenedPepper {
  readonly pepper: ClientKeyPepper
  readonly codec: ClientKeyCodec
}

/** The keys of a store, as far as this process has asked for them. */
export interface ClientKeyDirectory {
  /** What is known without asking: a key, `null` where there is none, `undefined` when the store has to be asked. */
  peek(id: string): CachedClientKey | null | undefined
  /** Asks the store. Rejects at once while it is known to be away. */
  load(id: string): Promise<CachedClientKey | null>
  /** The pepper, `undefined` until the store was there once. */
  opened(): OpenedPepper | undefined
  /**
   * Refuses a record that was changed less often than its key, by the audit trail.
   *
   * @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK`
   */
  requireNewest(stored: StoredClientKey): void
  /** Remembers the revision that this process wrote, so that it accepts none from before. */
  noteWritten(id: string, revision: number): void
  /** Forgets what records were before. */
  recount(): void
  /** Asks the store what has changed. Rejects when it does not answer. */
  sync(): Promise<void>
  close(): void
}

/** What a directory is made of. */
export interface ClientKeyDirectoryOptions {
  readonly store: ClientKeyStore
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /** How often each key was changed, where an audit trail tells it. */
  readonly countChanges: (() => Promise<ReadonlyMap<string, number>>) | undefined
  readonly maxCachedKeys: number
  readonly pollMs: number
  readonly deadlineMs: number
  readonly outageGraceMs: number
  readonly clock: Clock
  readonly events?: EventBus | undefined
  readonly logger: Logger
}

/** Whether a key was written since a question about it began. */
interface Freshness {
  stale: boolean
}

const isStale = ({ stale }: Freshness): boolean => stale

/** What is wrong with one record, and not with the store. */
const isOfRecord = (error: unknown): boolean =>
  isAlfredError(error, 'ALFRED_VAULT_TAMPERED', 'ALFRED_VAULT_ROLLED_BACK')

/** More questions at once than this do not help a store that is slow. */
const maxLoads = 100
/** How soon a store that is away is asked again. */
const retryMs = 500

const unavailable = (message: string): AlfredError =>
  new AlfredError('ALFRED_STORE_UNAVAILABLE', message, { store: 'client keys' })

/**
 * Builds the directory and begins to poll.
 *
 * Everything asked for is remembered, absence too, until the store says that the key was written: by its
 * notification or, when that is missed, at the next poll. While the store does not answer, what is known holds for
 * `outageGraceMs` from the last answer.
 */
export function createClientKeyDirectory(options: ClientKeyDirectoryOptions): ClientKeyDirectory {
  const { store, keyEncryptionKey, countChanges, pollMs, deadlineMs, outageGraceMs, clock, events, logger } =
    options
  const cache = createBoundedCache<CachedClientKey | null>(options.maxCachedKeys)
  /** Questions under way. */
  const loads = new Map<
    string,
    { readonly state: Freshness; readonly answer: Promise<CachedClientKey | null> }
  >()
  let opened: OpenedPepper | undefined
  let position: number | undefined
  let syncedAt = -Infinity
  let nextPoll: Timer | undefined
  let closed = false

  const bounded = createDeadline(
    clock,
    deadlineMs,
    () =>
      new AlfredError(
        'ALFRED_STORE_TIMEOUT',
        `The store of the client keys did not answer within ${String(deadlineMs)} ms.`,
        { store: 'client keys', timeoutMs: deadlineMs },
      ),
  )
  const isTrusted = (): boolean => clock.monotonicMs() - syncedAt <= outageGraceMs

  const forget = (id: string): void => {
    cache.delete(id)
    const load = loads.get(id)
    if (load) load.state.stale = true
  }
  const forgetAll = (): void => {
    cache.clear()
    for (const { state } of loads.values()) state.stale = true
  }

  const availability = createStoreAvailability({ outageGraceMs, clock, events, logger })
  const guard = createRevisionGuard({
    countChanges,
    maxKeys: options.maxCachedKeys,
    onCounted: forgetAll,
    logger,
  })

  const schedulePoll = (delayMs: number): void => {
    nextPoll?.cancel()
    if (closed) return
    nextPoll = clock.setTimeout(() => {
      // Told of by markDown.
      sync().catch(() => undefined)
    }, delayMs)
  }

  const markDown = (error: unknown): void => {
    schedulePoll(retryMs)
    if (!closed) availability.markDown(error)
  }

  const open = async (): Promise<void> => {
    const pepper = await bounded(() => openPepper(store, keyEncryptionKey))
    opened = { pepper, codec: createClientKeyCodec(pepper) }
  }

  const runSync = async (): Promise<void> => {
    const startedAt = clock.monotonicMs()
    try {
      if (!opened) await open()
      const news = await bounded(() => store.changes(position))
      if (position !== undefined && news.position < position) {
        // Without this check an emptied store would turn every client away as unknown.
        if ((await bounded(() => store.readPepper())) === undefined) {
          throw unavailable('The store of the client keys has lost its content.')
        }
        await open()
        forgetAll()
      } else if (news.ids === undefined) forgetAll()
      else news.ids.forEach(forget)
      position = news.position
      syncedAt = startedAt
      availability.markUp()
      schedulePoll(pollMs)
      if (!closed) guard.count()
    } catch (error) {
      markDown(error)
      throw error
    }
  }

  let syncing: Promise<void> | undefined
  let again: Promise<void> | undefined
  const begin = (): Promise<void> =>
    (syncing = runSync().finally(() => {
      syncing = undefined
    }))
  /** One at a time; a call during one waits for the next, which sees what was written before the call. */
  const sync = (): Promise<void> => {
    if (!syncing) return begin()
    return (again ??= syncing
      .catch(() => undefined)
      .then(() => {
        again = undefined
        return begin()
      }))
  }

  const read = async (id: string): Promise<CachedClientKey | null> => {
    if (!isTrusted() || !opened) await sync()
    const codec = opened?.codec
    if (!codec) throw unavailable('The store of the client keys has not been opened yet.')
    const stored = await bounded(() => store.find(id))
    if (!stored) return null
    const record = codec.decode(stored)
    guard.requireNewest(stored)
    guard.note(id, stored.revision)
    return {
      key: toClientKey(id, record, stored.lastUsedAt, clock.now()),
      secrets: record.secrets.map(({ hash, validUntil }) => ({ hash: Buffer.from(hash), validUntil })),
    }
  }

  const ask = async (id: string, state: Freshness): Promise<CachedClientKey | null> => {
    try {
      for (;;) {
        state.stale = false
        const found = await read(id)
        if (isStale(state)) continue
        cache.set(id, found)
        return found
      }
    } catch (error) {
      if (!isOfRecord(error)) markDown(error)
      else logger.error({ err: error }, 'a client key was refused: its record cannot be trusted')
      throw error
    }
  }

  const load = (id: string): Promise<CachedClientKey | null> => {
    const running = loads.get(id)
    if (running) return running.answer
    if (availability.isDown()) return Promise.reject(unavailable('The client key store is unavailable.'))
    if (loads.size >= maxLoads) {
      return Promise.reject(unavailable('Too many look-ups in the client key store are pending.'))
    }
    const state = { stale: false }
    const answer = ask(id, state).finally(() => {
      loads.delete(id)
    })
    loads.set(id, { state, answer })
    return answer
  }

  const stopWatching = readStop(
    store.watch(() => {
      sync().catch(() => undefined)
    }),
  )

  return {
    peek: (id) => (isTrusted() ? cache.get(id) : undefined),
    load,
    opened: () => opened,
    requireNewest: (stored) => {
      guard.requireNewest(stored)
    },
    noteWritten: (id, revision) => {
      guard.note(id, revision)
    },
    recount() {
      guard.forget()
      forgetAll()
    },
    sync,
    close() {
      closed = true
      nextPoll?.cancel()
      stopWatching()
      cache.clear()
    },
  }
}
