const replacement = '\uFFFD'

/** The same text as PostgreSQL can store it: without U+0000, and without halves of surrogate pairs. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', replacement)

/** The same value, texts in it made storable. */
export function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  return Array.isArray(value) ? value.map(storableValue) : value
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff

/** Makes pieces of a text storable; a pair that two pieces share stays one. */
export function createStorablePieces(): { push(piece: string): string; end(): string } {
  let half = ''
  return {
    push(piece) {
      const text = half + piece
      half = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : ''
      return storableText(text.slice(0, text.length - half.length))
    },
    end: () => storableText(half),
  }
}
