import { readFileSync, writeFileSync } from 'node:fs'
import type { AuditHead } from '@alfred/key-vault/audit'
import { UsageError } from './command-error.ts'

/** Reads a head that was exported. @throws UsageError */
export function readAuditHead(path: string): AuditHead {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new UsageError(`--head: ${path} cannot be read as JSON`)
  }
  if (typeof parsed === 'object' && parsed !== null && 'length' in parsed && 'mac' in parsed) {
    const { length, mac } = parsed
    if (typeof length === 'number' && Number.isInteger(length) && length >= 0 && typeof mac === 'string') {
      return { length, mac }
    }
  }
  throw new UsageError(`--head: ${path} is no head of an audit trail, as --export-head writes it`)
}

/** Writes a head. */
export function writeAuditHead(path: string, head: AuditHead): void {
  writeFileSync(path, `${JSON.stringify(head)}\n`)
}
