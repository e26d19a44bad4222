import { randomUUID } from 'node:crypto'
import { type FSWatcher, watch as watchDirectory } from 'node:fs'
import { link, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AlfredError, lifecycle, option, readOptions } from '@alfred/core'
import { fenced } from './fenced.ts'
import { createFileAnnouncements } from './file-announcements.ts'
import { createFileAuditTrail } from './file-audit-trail.ts'
import { createFileLease } from './file-lease.ts'
import {
  hasErrorCode,
  readPrivateFile,
  readPrivateStart,
  syncDirectory,
  writePrivateFile,
} from './private-file.ts'
import type { VaultSnapshot, VaultStore } from './vault-store.ts'

/** Options of `createFileVaultStore`. */
export interface FileVaultStoreOptions {
  /** The vault's file. Its directory must exist, be on a local disk and allow hard links. */
  readonly path: string
}

const optionsRule = option.object<FileVaultStoreOptions>({ path: option.string() }, { required: ['path'] })

const header = /^alfred-vault (\d{1,15})\n/
/** The longest header. */
const headerBytes = 29

/** How many of the latest revisions keep their claim. */
const keptClaims = 8

/** A temporary file this much older than the newest write belongs to a process that is gone. */
const abandonedAfterMs = 60_000

function parseHeader(path: string, text: string): { readonly revision: number; readonly length: number } {
  const [line, revision] = header.exec(text) ?? []
  if (line === undefined) throw new AlfredError('ALFRED_VAULT_TAMPERED', `${path} is not a vault file.`)
  return { revision: Number(revision), length: line.length }
}

async function readSnapshot(path: string): Promise<VaultSnapshot> {
  const text = await readPrivateFile(path)
  if (text === undefined) return { revision: 0, data: undefined }
  const { revision, length } = parseHeader(path, text)
  return { revision, data: text.slice(length) }
}

/** The revision alone: most questions are about it, and the document may be large. */
async function readRevision(path: string): Promise<number> {
  const text = await readPrivateStart(path, headerBytes)
  return text === undefined ? 0 : parseHeader(path, text).revision
}

/**
 * A store in one file of mode 0600, for one machine; several processes may share it.
 *
 * A write goes to a temporary file, which is synced and then hard-linked as `<path>.r<revision>`. Making
 * that link is the compare-and-set: the file system lets one writer succeed, with no lock that a crash
 * could leave behind. Then the file is renamed to `path` and the directory synced. The newest revision is the highest
 * of `path` and all claims: a process that was stopped before its rename may put an older file at `path`, and undoes
 * nothing by it. The latest claims stay.
 *
 * Beside it are `<path>.l<epoch>`, the lease, `<path>.audit`, the audit trail, and `<path>.i-*`, the notes of instances.
 *
 * To restore a backup remove `<path>.r*` as well, or the newer claims win.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_VAULT_LOOSE_PERMISSIONS` when the file is open to others, `ALFRED_VAULT_TAMPERED` when it is no vault,
 * `ALFRED_VAULT_CONFLICT` when it cannot be told whether a write was done, `ALFRED_STORE_UNAVAILABLE`
 *
 * @example
 * ```ts
 * import { createFileVaultStore } from '@alfred/key-vault'
 *
 * export const store = createFileVaultStore({ path: '.data/keys.vault' })
 * ```
 */
export function createFileVaultStore(options: FileVaultStoreOptions): VaultStore {
  const path = resolve(readOptions('vault.store', options, optionsRule).path)
  const directory = dirname(path)
  const claimPrefix = `${basename(path)}.r`
  const temporaryPrefix = `${basename(path)}.tmp-`
  const claimOf = (revision: number): string => `${path}.r${String(revision)}`
  const temporaryPath = (): string => join(directory, temporaryPrefix + randomUUID())

  const lease = createFileLease(path, temporaryPath)
  const announcements = createFileAnnouncements(path, temporaryPath)
  const audit = createFileAuditTrail(`${path}.audit`)
  const watchers = new Set<FSWatcher>()

  /** @returns false when `to` exists or `from` does not */
  const tryLink = async (from: string, to: string): Promise<boolean> => {
    try {
      await link(from, to)
      return true
    } catch (error) {
      if (hasErrorCode(error, 'EEXIST') || hasErrorCode(error, 'ENOENT')) return false
      throw error
    }
  }

  /** The highest claim, 0 without any. A claim is never overwritten, which `path` may be by a writer that was held up. */
  const newestClaim = async (): Promise<number> => {
    const claims = (await readdir(directory))
      .filter((name) => name.startsWith(claimPrefix))
      .map((name) => Number(name.slice(claimPrefix.length)))
    return Math.max(0, ...claims.filter(Number.isSafeInteger))
  }

  // The claims come first: whoever sweeps one has made a higher one.
  const newestRevision = async (): Promise<number> => Math.max(await newestClaim(), await readRevision(path))

  const readNewest = async (): Promise<VaultSnapshot> => {
    for (;;) {
      const claim = await newestClaim()
      const snapshot = await readSnapshot(path)
      if (claim <= snapshot.revision) return snapshot
      const claimed = await readSnapshot(claimOf(claim))
      if (claimed.revision === claim) {
        // Its writer may not have synced the name yet: what was read once must not be gone after a power cut.
        await syncDirectory(directory)
        return claimed
      }
      if (claimed.revision > 0) {
        throw new AlfredError('ALFRED_VAULT_TAMPERED', `${claimOf(claim)} holds another revision.`)
      }
    }
  }

  /** Removes old claims, and what writers left that were killed. */
  const sweep = async (revision: number): Promise<void> => {
    const newest = await stat(path).catch(() => undefined)
    for (const name of await readdir(directory)) {
      const file = join(directory, name)
      if (name.startsWith(claimPrefix) && Number(name.slice(claimPrefix.length)) <= revision - keptClaims) {
        await rm(file, { force: true })
      } else if (name.startsWith(temporaryPrefix)) {
        const found = await stat(file).catch(() => undefined)
        if (newest && found && newest.mtimeMs - found.mtimeMs > abandonedAfterMs)
          await rm(file, { force: true })
      }
    }
  }

  const compareAndSet = async (expected: number, data: string, epoch?: number): Promise<boolean> => {
    if ((await newestRevision()) !== expected) return false
    // After the revision was found as expected: who takes the lease now finds this write, or makes it fail.
    if (epoch !== undefined && (await lease.latestEpoch()) > epoch) throw fenced()
    const revision = expected + 1
    const temporary = temporaryPath()
    try {
      await writePrivateFile(temporary, `alfred-vault ${String(revision)}\n${data}`)
      if (!(await tryLink(temporary, claimOf(revision)))) return false
      const reached = await newestRevision()
      if (reached >= revision + keptClaims) {
        // Stopped for so long that the claim of this revision may have been swept and made anew by us.
        await rm(claimOf(revision), { force: true })
        throw new AlfredError(
          'ALFRED_VAULT_CONFLICT',
          'Others wrote too often to tell whether this write was done.',
        )
      }
      if (reached === revision) await rename(temporary, path)
      await syncDirectory(directory)
    } finally {
      await rm(temporary, { force: true })
    }
    await sweep(revision)
    return true
  }

  const reporting = async <T>(action: Promise<T>): Promise<T> => {
    try {
      return await action
    } catch (error) {
      if (error instanceof AlfredError) throw error
      throw new AlfredError('ALFRED_STORE_UNAVAILABLE', `The vault file ${path} cannot be used.`, {
        cause: error,
      })
    }
  }

  const watch = (listener: () => void): (() => void) => {
    let watcher: FSWatcher
    try {
      watcher = watchDirectory(directory, { persistent: false }, (_event, name) => {
        if (name === basename(path)) listener()
      })
    } catch {
      // Out of watches, or no such directory yet: it is only a hint.
      return () => undefined
    }
    const stop = (): void => {
      watcher.close()
      watchers.delete(watcher)
    }
    watcher.on('error', stop)
    watchers.add(watcher)
    return stop
  }

  return {
    read: () => reporting(readNewest()),
    compareAndSet: (expected, data, epoch) => reporting(compareAndSet(expected, data, epoch)),
    lease: (ttlMs) => reporting(lease.acquire(ttlMs)),
    watch,
    announce: (instance, note, ttlMs) => reporting(announcements.announce(instance, note, ttlMs)),
    announcements: () => reporting(announcements.read()),
    appendAudit: (expected, entries) => reporting(audit.append(expected, entries)),
    readAudit: (from, limit) => reporting(audit.read(from, limit)),
    ...lifecycle(() => {
      for (const watcher of watchers) watcher.close()
      watchers.clear()
    }),
  }
}
