import { frames, phrases } from '../prompt/prompt.ts'
import { Beginnings } from './beginnings.ts'
import { byteAt } from './byte-classes.ts'
import { WordSieve } from './word-sieve.ts'

/** A bit for every set of words of every phrase, and for each phrase the bits of its sets. */
const bitsOfWords = new Map<string, number>()
const bitsOfPhrases: number[] = []
let bit = 1
for (const { sets } of phrases) {
  let ofPhrase = 0
  for (const words of sets) {
    for (const word of words) bitsOfWords.set(word, (bitsOfWords.get(word) ?? 0) | bit)
    ofPhrase |= bit
    bit <<= 1
  }
  bitsOfPhrases.push(ofPhrase)
}

const hashSize = 4096

/** Of the first, second and last letter and the length. Words that share a hash share their bits, which only adds some. */
const hashOf = (first: number, second: number, last: number, length: number): number =>
  (((first & 31) * 961 + (second & 31) * 31 + (last & 31)) * 7 + length * 331) & (hashSize - 1)

const bitsByHash = new Uint32Array(hashSize)
for (const [word, bits] of bitsOfWords) {
  const hash = hashOf(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(word.length - 1), word.length)
  bitsByHash[hash] = (bitsByHash[hash] ?? 0) | bits
}

const sieve = new WordSieve(bitsOfWords.keys())

/** The sets of words that may hold the word between two indexes. */
export function phraseBits(bytes: Uint8Array, start: number, end: number): number {
  const first = byteAt(bytes, start)
  const second = byteAt(bytes, start + 1)
  if (!sieve.mayHold(first, second, end - start)) return 0
  return bitsByHash[hashOf(first, second, byteAt(bytes, end - 1), end - start)] ?? 0
}

/** Whether a text may hold a phrase: a word of each of its sets. In which order and how near, the detector looks. */
export const mayHoldPhrase = (seen: number): boolean =>
  bitsOfPhrases.some((ofPhrase) => (seen & ofPhrase) === ofPhrase)

const frameBeginnings = new Beginnings(frames)

/** Whether the frame of a conversation stands at an index. */
export const isFrame = (bytes: Uint8Array, index: number): boolean => frameBeginnings.standAt(bytes, index)
