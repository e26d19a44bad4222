import { isThenable } from './is-thenable.ts'

/**
 * Takes note of what `result` rejects with, if it is a promise, so that it does not end the process: for a function of the
 * application that should return nothing, or an answer at once.
 */
export function dropRejection(result: unknown): void {
  // Adopted, because a foreign thenable may throw, call back at once or call back twice.
  if (isThenable(result)) Promise.resolve(result).catch(() => undefined)
}
