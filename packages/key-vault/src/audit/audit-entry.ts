import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { damagedTrail } from './tampered-trail.ts'

/** What is about to be done, by whom and to what. No part of it may be a secret. */
export interface AuditEvent {
  /** Who does it, such as `cli:ada` or `rotation`. @default the log's own actor */
  readonly actor?: string | undefined
  /** What is done, such as `client-key.revoke`. */
  readonly action: string
  /** What it is done to, such as `openai/3`. */
  readonly subject: string
  /** More about it. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined
}

/** One entry of the trail. */
export interface AuditEntry {
  /** Counts the entries, from 0. */
  readonly sequence: number
  /** ms since the epoch. */
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  /** `started` stands before every change; without a `done` or `failed` after it the process was cut off in between. */
  readonly outcome: 'started' | 'done' | 'failed'
  /** Why it failed, when an error of ours says it. */
  readonly code?: string | undefined
  /** The `started` entry that a `done` or `failed` ends. */
  readonly of?: number | undefined
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined
}

/** Makes and checks the links of the chain. */
export interface AuditChain {
  /** The code of an entry that stands behind one with the code `previous`. */
  link(previous: string, payload: string): string
}

/** What stands before the first entry. */
export const chainStart = ''

/** Base64 of 32 bytes. */
const macLength = 44
const macStart = ',"mac":"'
const tailLength = macStart.length + macLength + 2

/** Builds the chain: each entry's HMAC-SHA-256 covers the one before, so that none can be changed, moved or left out. */
export function createAuditChain(key: Buffer): AuditChain {
  const keyObject: KeyObject = createSecretKey(key)
  return {
    link: (previous, payload) =>
      createHmac('sha256', keyObject).update(`${previous}\n${payload}`).digest('base64'),
  }
}

/** An entry without its code, as the code covers it. */
export const auditPayload = (entry: AuditEntry): string => JSON.stringify(entry)

/** The line of an entry: JSON whose last member is the code. */
export const auditLine = (payload: string, mac: string): string =>
  `${payload.slice(0, -1)}${macStart}${mac}"}`

/** The parts of a line; `undefined` when it is none. It is not parsed: a hundred thousand of them are checked. */
export function splitAuditLine(line: string): { readonly payload: string; readonly mac: string } | undefined {
  const end = line.length - tailLength
  if (end < 1 || !line.startsWith(macStart, end) || !line.endsWith('"}')) return undefined
  return { payload: `${line.slice(0, end)}}`, mac: line.slice(end + macStart.length, -2) }
}

/**
 * The entry of a line. Its code is not checked.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export function parseAuditLine(line: string): AuditEntry {
  try {
    const { mac: _mac, ...entry } = JSON.parse(line) as AuditEntry & { readonly mac: string }
    return entry
  } catch {
    throw damagedTrail()
  }
}
