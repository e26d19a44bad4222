import { pairOf } from './byte-classes.ts'

/** The lengths fit in the bits of a number. */
const maxWordLength = 31

/**
 * Tells most words that are on no list by their first two letters and their length: a load and a branch, where a hash
 * reads every letter. It lets words through that are on no list, and none back that are.
 */
export class WordSieve {
  readonly #lengths = new Uint32Array(1024)

  /** @param words - ASCII, in any case */
  constructor(words: Iterable<string>) {
    for (const word of words) {
      const second = word.length > 1 ? [word.charCodeAt(1)] : Array.from({ length: 32 }, (_, byte) => byte)
      for (const byte of second) {
        const pair = pairOf(word.charCodeAt(0), byte)
        this.#lengths[pair] = (this.#lengths[pair] ?? 0) | (1 << word.length)
      }
    }
  }

  /** Whether a word of this length that begins with these two bytes may be on the list. */
  mayHold(first: number, second: number, length: number): boolean {
    return length <= maxWordLength && ((this.#lengths[pairOf(first, second)] ?? 0) & (1 << length)) !== 0
  }
}
