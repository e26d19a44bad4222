import { byteAt, standsAt } from './byte-classes.ts'

const keyOf = (first: number, second: number): number => ((first & 127) << 7) | (second & 127)

/** Says where one of a list of texts stands, by their first two characters. */
export class Beginnings {
  readonly #texts: ReadonlyMap<number, readonly string[]>
  readonly #isKey = new Uint8Array(128 * 128)

  /** @param texts - ASCII, of two characters at least */
  constructor(texts: readonly string[]) {
    this.#texts = Map.groupBy(texts, (text) => keyOf(text.charCodeAt(0), text.charCodeAt(1)))
    for (const key of this.#texts.keys()) this.#isKey[key] = 1
  }

  /** Whether any of the texts stands at an index, as it is. */
  standAt(bytes: Uint8Array, index: number): boolean {
    const key = keyOf(byteAt(bytes, index), byteAt(bytes, index + 1))
    if (this.#isKey[key] !== 1) return false
    return this.#texts.get(key)?.some((text) => standsAt(bytes, index, text)) === true
  }
}
