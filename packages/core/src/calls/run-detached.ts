import { isThenable } from './is-thenable.ts'

/**
 * Calls something whose result nobody waits for. What it throws, or rejects with later, goes to `failed`.
 *
 * @param failed - must not throw
 */
export function runDetached(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call()
    if (isThenable(result)) Promise.resolve(result).catch(failed)
  } catch (error) {
    failed(error)
  }
}
