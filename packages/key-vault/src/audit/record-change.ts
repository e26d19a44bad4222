import { AlfredError, isAlfredError } from '@alfred/core'
import type { AuditEvent } from './audit-entry.ts'
import type { WrittenEntry } from './audit-trail.ts'

/**
 * Does `work` between two entries of a trail, and not at all when the first cannot be written.
 *
 * @param append - writes an entry and resolves with its number
 * @throws `AlfredError` `ALFRED_VAULT_AUDIT_UNAVAILABLE`; else what `work` throws
 */
export async function recordChange<T>(
  append: (entry: WrittenEntry) => Promise<number>,
  event: AuditEvent,
  work: () => Promise<T>,
): Promise<T> {
  const write = (entry: WrittenEntry, isDone: boolean, failure: string): Promise<number> =>
    append(entry).catch((cause: unknown) => {
      throw new AlfredError(
        'ALFRED_VAULT_AUDIT_UNAVAILABLE',
        failure,
        { action: event.action, isDone },
        { cause },
      )
    })

  const of = await write(
    { ...event, outcome: 'started' },
    false,
    'Nothing was done: the audit trail cannot be written.',
  )
  const { details: _told, ...ending } = event
  let result: T
  try {
    result = await work()
  } catch (error) {
    const code = isAlfredError(error) ? error.code : undefined
    // The reason of the failure matters more than that it could not be noted: the entry before tells of the attempt.
    await append({ ...ending, outcome: 'failed', of, code }).catch(() => undefined)
    throw error
  }
  await write(
    { ...ending, outcome: 'done', of },
    true,
    'The change was done, but its outcome could not be written to the audit trail.',
  )
  return result
}
