function describe(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return 'Something failed without an error.'
  if (typeof thrown === 'string') return thrown
  return typeof thrown === 'object' || typeof thrown === 'function'
    ? 'A value that is not an error was thrown.'
    : (thrown as number | boolean | bigint | symbol).toString()
}

/**
 * Whatever code of the application threw, as an error. Frameworks take `undefined`, `0`, `''` and `false` for "no error"
 * and Express takes `'route'` for "go on with the next route"; an object may fail when it is made a text.
 *
 * @returns `thrown` itself when it is an error; otherwise an error with `thrown` as its cause
 */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown
  } catch {
    // A proxy that does not let itself be looked at.
    return new Error('A value that cannot be inspected was thrown.')
  }
  return new Error(describe(thrown), { cause: thrown })
}
