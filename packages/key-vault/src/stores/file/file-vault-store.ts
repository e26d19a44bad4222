import { resolve } from 'node:path'
import { type Clock, clockRule, lifecycle, option, readOptions, systemClock } from '@alfred/core'
import { fenced } from '../fenced.ts'
import { createFileAuditTrail } from './file-audit-trail.ts'
import { openSqliteFile } from '../sqlite/sqlite-file.ts'
import { vaultFormat } from '../sqlite/sqlite-format.ts'
import { watchSqliteFile } from '../sqlite/watch-sqlite-file.ts'
import type { VaultStore } from '../vault-store.ts'

/** Options of `createFileVaultStore`. */
export interface FileVaultStoreOptions {
  /** The vault's file. Its directory must exist and be on a local disk. */
  readonly path: string
  /**
   * How long a call waits, in milliseconds, while another process writes.
   * @default 10000
   */
  readonly lockTimeoutMs?: number | undefined
  /** Tells when a lease or a note of an instance expires. @default the machine's time */
  readonly clock?: Clock | undefined
}

const defaultLockTimeoutMs = 10_000

const optionsRule = option.objectOf<FileVaultStoreOptions>(
  { path: option.string(), lockTimeoutMs: option.integer({ min: 1, max: 60_000 }), clock: clockRule },
  { required: ['path'] },
)

/** Options of a store in a file, with their defaults. */
export interface ResolvedFileStoreOptions {
  readonly path: string
  readonly lockTimeoutMs: number
  readonly clock: Clock
}

/**
 * Reads the options of a store in a file.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 */
export function resolveFileStoreOptions(
  name: string,
  options: FileVaultStoreOptions,
): ResolvedFileStoreOptions {
  const { path, lockTimeoutMs, clock } = readOptions(name, options, optionsRule)
  return {
    path: resolve(path),
    lockTimeoutMs: lockTimeoutMs ?? defaultLockTimeoutMs,
    clock: clock ?? systemClock,
  }
}

/** The trail stands beside the vault. */
export const trailPathOf = (vaultPath: string): string => `${vaultPath}.audit`

/** The note of an instance as it is stored. */
interface StoredNote {
  readonly instance: string
  readonly note: string
  readonly writtenAt: number
  readonly ttlMs: number
}

/** The checksum says that it is what was written here. */
const parseNotes = (text: string | null): readonly StoredNote[] => JSON.parse(text ?? '[]') as StoredNote[]

/** One that was written far in the future is from before the clock was set back, and would stay until that time. */
const isGoodAt =
  (now: number) =>
  ({ writtenAt, ttlMs }: StoredNote): boolean =>
    Math.abs(now - writtenAt) < ttlMs

/** When a lease was taken, and until when. */
function parseLease(text: string | null): { readonly takenAt: number; readonly heldUntil: number } {
  const [takenAt = 0, heldUntil = 0] = (text ?? '').split(' ').map(Number)
  return { takenAt, heldUntil }
}

/**
 * A store in a SQLite file of mode 0600, with the audit trail in a second one, `<path>.audit`, for one machine; several
 * processes may share it. A change is one transaction with a rollback journal: it is durable when the call resolves, and a
 * process that is killed at any moment leaves the old or the new state. Not for network file systems, whose locks may lie.
 *
 * Back it up with `alfred-security keys backup`, or `backupFileStores`. A copy with `cp` may be torn.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_VAULT_LOOSE_PERMISSIONS` when the file is open to others, `ALFRED_VAULT_TAMPERED` when it is damaged or no vault,
 * `ALFRED_VAULT_OLD_FORMAT` when an earlier version wrote it, `ALFRED_VAULT_FOREIGN_JOURNAL` when a journal of another file
 * stands beside it, `ALFRED_STORE_UNAVAILABLE` when it cannot be read or written, or others do so for `lockTimeoutMs`
 *
 * @example
 * ```ts
 * import { createFileVaultStore } from '@alfred/key-vault'
 *
 * export const store = createFileVaultStore({ path: '.data/keys.vault' })
 * ```
 */
export function createFileVaultStore(options: FileVaultStoreOptions): VaultStore {
  const { path, lockTimeoutMs, clock } = resolveFileStoreOptions('vault.store', options)
  const file = openSqliteFile({ path, format: vaultFormat, lockTimeoutMs })
  const trail = createFileAuditTrail(trailPathOf(path), lockTimeoutMs)
  const stops = new Set<() => void>()

  /** @returns false when the lease was given to another meanwhile */
  const holdLease = (epoch: number, forMs: number): Promise<boolean> =>
    file.write((session) => {
      if (session.cell('lease').number !== epoch) return false
      const now = clock.now()
      session.setCell('lease', epoch, `${String(now)} ${String(now + forMs)}`)
      return true
    })

  return {
    async read() {
      const found = await file.read((session) => session.cell('document'))
      return { revision: found?.number ?? 0, data: found?.text ?? undefined }
    },
    compareAndSet: (expected, data, epoch) =>
      file.write((session) => {
        if (session.cell('document').number !== expected) return false
        if (epoch !== undefined && session.cell('lease').number > epoch) throw fenced()
        session.setCell('document', expected + 1, data)
        return true
      }),
    async lease(ttlMs) {
      const epoch = await file.write((session) => {
        const { number, text } = session.cell('lease')
        const { takenAt, heldUntil } = parseLease(text)
        const now = clock.now()
        // One that was taken in the future is from before the clock was set back. Its holder is fenced by the epoch.
        if (takenAt <= now && now < heldUntil) return undefined
        session.setCell('lease', number + 1, `${String(now)} ${String(now + ttlMs)}`)
        return number + 1
      })
      if (epoch === undefined) return undefined
      return {
        epoch,
        renew: (forMs) => holdLease(epoch, forMs),
        async release() {
          await holdLease(epoch, 0)
        },
      }
    },
    watch(listener) {
      const revision = (): Promise<number | undefined> =>
        file.read((session) => session.cell('document').number)
      const end = watchSqliteFile(path, revision, listener)
      stops.add(end)
      return () => {
        end()
        stops.delete(end)
      }
    },
    announce: (instance, note, ttlMs) =>
      file.write((session) => {
        const now = clock.now()
        const kept = parseNotes(session.cell('notes').text).filter(isGoodAt(now))
        const others = kept.filter((one) => one.instance !== instance)
        const own: StoredNote = { instance, note, writtenAt: now, ttlMs }
        session.setCell('notes', 0, JSON.stringify([...others, own]))
      }),
    async announcements() {
      const text = await file.read((session) => session.cell('notes').text)
      return parseNotes(text ?? null)
        .filter(isGoodAt(clock.now()))
        .map(({ note }) => note)
    },
    appendAudit: (expected, entries) => trail.append(expected, entries),
    readAudit: (from, limit) => trail.read(from, limit),
    ...lifecycle(() => {
      for (const stop of stops) stop()
      stops.clear()
    }),
  }
}
