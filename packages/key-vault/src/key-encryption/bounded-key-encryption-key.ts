import { AlfredError, type Clock, createDeadline } from '@alfred/core'
import type { KeyContext, KeyEncryptionKeyProvider } from './key-encryption-key.ts'

const failed = (what: string, timeoutMs?: number): AlfredError =>
  new AlfredError('ALFRED_VAULT_KEY_PROVIDER_FAILED', `The key-encryption key provider ${what}.`, {
    timeoutMs,
  })

/**
 * A provider of the application whose calls end in time and answer bytes: a key service that never answers must not hold
 * every change of the vault, and what is no bytes must not be stored as a wrapped key.
 *
 * @param timeoutMs - milliseconds for each call
 */
export function boundKeyEncryptionKey(
  provider: KeyEncryptionKeyProvider,
  clock: Clock,
  timeoutMs: number,
): KeyEncryptionKeyProvider {
  const inTime = createDeadline(clock, timeoutMs, () =>
    failed(`did not answer within ${String(timeoutMs)} ms`, timeoutMs),
  )
  const bytes = (answer: unknown): Uint8Array => {
    if (answer instanceof Uint8Array && answer.length > 0) return answer
    throw failed('must return a Uint8Array')
  }
  return Object.freeze({
    id: provider.id,
    wrap: async (dataKey: Uint8Array, context: KeyContext) =>
      bytes(await inTime(() => provider.wrap(dataKey, context))),
    unwrap: async (wrapped: Uint8Array, context: KeyContext) =>
      bytes(await inTime(() => provider.unwrap(wrapped, context))),
    previous: provider.previous?.map((each) => boundKeyEncryptionKey(each, clock, timeoutMs)),
  })
}
