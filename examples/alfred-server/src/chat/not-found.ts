/** Thrown for a conversation that does not exist. */
export class SessionNotFoundError extends Error {
  override readonly name = 'SessionNotFoundError'
}

/** Thrown for an answer that does not exist. */
export class MessageNotFoundError extends Error {
  override readonly name = 'MessageNotFoundError'
}
