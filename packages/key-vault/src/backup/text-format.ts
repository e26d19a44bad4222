import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AlfredError } from '@alfred/core'
import type { StoredClientKey } from '../client-keys/stores/client-key-store.ts'
import { hasErrorCode } from '../key-encryption/private-file.ts'

/** A vault as files kept it before they were SQLite files. */
export interface TextVault {
  readonly revision: number
  readonly data: string
}

/** Client keys as files kept them before. */
export interface TextClientKeys {
  readonly position: number
  readonly pepper: string | null
  readonly keys: readonly StoredClientKey[]
}

const damaged = (path: string, what: string): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_TAMPERED',
    `${path}: ${what}. Restore it from a backup, then migrate again.`,
    { target: 'file', path },
  )

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The files beside `path` that belonged to it: claims, leases, notes, and what killed writers left. */
export function filesBeside(path: string): string[] {
  const name = basename(path)
  const isBeside = (found: string): boolean =>
    found.startsWith(`${name}.`) &&
    /^(r\d+|l\d+|i-[0-9a-f]{32}|tmp-[0-9a-f-]{36})$/.test(found.slice(name.length + 1))
  return readdirSync(dirname(path)).filter(isBeside).sort()
}

/** The numbers of the files `<path>.<letter><number>`. */
function numbersBeside(path: string, letter: 'r' | 'l'): number[] {
  const prefix = `${basename(path)}.${letter}`
  return filesBeside(path)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter(Number.isSafeInteger)
}

/** The epoch of the latest lease, 0 without any. */
export const readTextEpoch = (path: string): number => Math.max(0, ...numbersBeside(path, 'l'))

/** Until when a lease or a note says that a process uses the vault, in milliseconds since the epoch. */
export function textInUseUntil(path: string): number {
  const marks = filesBeside(path).filter((name) => /^\.(l\d+|i-)/.test(name.slice(basename(path).length)))
  return Math.max(0, ...marks.map((name) => Math.floor(statSync(join(dirname(path), name)).mtimeMs)))
}

function parseSnapshot(path: string, text: string): TextVault {
  const [line, revision] = /^alfred-vault (\d{1,15})\n/.exec(text) ?? []
  if (line === undefined) throw damaged(path, 'it does not begin as a vault does')
  return { revision: Number(revision), data: text.slice(line.length) }
}

/**
 * Reads the newest revision: the highest of the file and all claims beside it.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export function readTextSnapshot(path: string): TextVault {
  const claim = Math.max(0, ...numbersBeside(path, 'r'))
  const text = readText(path)
  const current = text === undefined ? undefined : parseSnapshot(path, text)
  if (current && current.revision >= claim) return current
  const claimPath = `${path}.r${String(claim)}`
  const claimed = parseSnapshot(claimPath, readText(claimPath) ?? '')
  if (claimed.revision !== claim) throw damaged(claimPath, 'it holds another revision')
  return claimed
}

/**
 * Reads the entries of a trail. Of several lines with one number the first counted; a line that a killed writer left
 * unfinished did not.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when lines follow one that cannot be read
 */
export function readTextTrail(path: string): readonly string[] {
  const entries: string[] = []
  let lastSeen = -1
  for (const line of (readText(path) ?? '').split('\n')) {
    const [, number, bytes, entry] = /^(\d{1,15}) [0-9a-f-]{36} (\d{1,15}) (.*)$/.exec(line) ?? []
    if (entry === undefined) continue
    lastSeen = Math.max(lastSeen, Number(number))
    if (Number(number) === entries.length && Buffer.byteLength(entry) === Number(bytes)) entries.push(entry)
  }
  if (lastSeen > entries.length) throw damaged(path, `entry ${String(entries.length)} is damaged or missing`)
  return entries
}

/** @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
export function readTextClientKeys(path: string): TextClientKeys {
  const { revision: position, data } = readTextSnapshot(path)
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    throw damaged(path, 'it is not JSON')
  }
  const { pepper, keys } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<
    string,
    unknown
  >
  if (typeof keys !== 'object' || keys === null) throw damaged(path, 'it has no client keys')
  const stored = Object.entries(keys as Record<string, unknown>).map(([id, row]): StoredClientKey => {
    const fields = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>
    const { revision, data: sealed, lastUsedAt } = fields
    if (typeof revision !== 'number' || typeof sealed !== 'string')
      throw damaged(path, `the client key ${id} is damaged`)
    return { id, revision, data: sealed, lastUsedAt: typeof lastUsedAt === 'number' ? lastUsedAt : undefined }
  })
  return { position, pepper: typeof pepper === 'string' ? pepper : null, keys: stored }
}
