import { dropRejection } from './drop-rejection.ts'
import { runDetached } from './run-detached.ts'

/**
 * Reads what a subscription of the application's own returned as the function that ends it. What is no function ends
 * nothing, and what the function throws or rejects with is dropped.
 */
export function readStop(result: unknown): () => void {
  dropRejection(result)
  return () => {
    if (typeof result === 'function') {
      runDetached(
        () => Reflect.apply(result, undefined, []) as unknown,
        () => undefined,
      )
    }
  }
}
