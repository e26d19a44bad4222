/**
 * How a run ended, as its exit code: done; failed with the old version serving; refused before anything was touched;
 * failed, and a slot could not be restored; another run holds the lock.
 */
export const exitCodes = { done: 0, failed: 1, refused: 2, broken: 3, locked: 4 } as const

/** How a run may end badly. */
export type FailureKind = Exclude<keyof typeof exitCodes, 'done'>

/** A failure that a person can do something about: its message is printed without a stack. */
export class DeployError extends Error {
  override readonly name = 'DeployError'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** @returns the message of an error and of its causes */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`
}
