/** A word of a closed list, such as `entity.parse.failed`; whatever else an error says may be the client's. */
const word = /^[\w.:-]{1,64}$/

function readWord(error: object, property: 'code' | 'name' | 'type'): string | undefined {
  try {
    const value: unknown = Reflect.get(error, property)
    return typeof value === 'string' && word.test(value) ? value : undefined
  } catch {
    // A getter that throws says nothing.
    return undefined
  }
}

/**
 * What a log may say of an error that the client caused. Body parsers put the whole body on their errors and quote it in
 * the message, and a log must not keep passwords.
 */
export function describeRefusedError(error: unknown): Readonly<Record<string, string | undefined>> {
  if (typeof error !== 'object' || error === null) return {}
  return { name: readWord(error, 'name'), type: readWord(error, 'type'), code: readWord(error, 'code') }
}
