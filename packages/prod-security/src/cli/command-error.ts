/** The command was called wrongly; the message says how to call it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not do what was asked; the message says why and what to do next. Exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
