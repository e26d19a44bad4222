import { embedding, scoredAttributes, urlAttributes } from '../markup/markup-names.ts'
import {
  attributeName,
  blank,
  byteAt,
  hexDigit,
  isOf,
  letter,
  lowered,
  lowerText,
  skipOf,
  space,
  tagName,
} from './byte-classes.ts'
import { pad } from './text-bytes.ts'
import { WordSieve } from './word-sieve.ts'

const ampersand = 0x26
const asterisk = 0x2a
const slash = 0x2f
const colon = 0x3a
const question = 0x3f
const backslash = 0x5c
const codeOf = (character: string): number => character.charCodeAt(0)

const isQuote = (byte: number): boolean => byte === 0x22 || byte === 0x27 || byte === 0x60

/** What plain scripts resolve: `&#…;` and the names that stand for a colon or nothing, `\x6a`, `\u006a`, `\6a`. */
const mayBeReference = (next: number): boolean =>
  next === 0x23 || 'ctnz'.includes(String.fromCharCode(lowered(next)))
const mayBeEscape = (next: number): boolean =>
  next === codeOf('x') || next === codeOf('u') || isOf(next, hexDigit)

/** Whether the character at an index may stand for another, so that no word in a URL can be told. */
export function isEncoded(bytes: Uint8Array, index: number): boolean {
  const byte = byteAt(bytes, index)
  const next = byteAt(bytes, index + 1)
  return (byte === ampersand && mayBeReference(next)) || (byte === backslash && mayBeEscape(next))
}

const splices = new Set(Array.from('+-*/;,|&^<>?%', codeOf))
const maxSchemeLength = 10

/** Whether a text that begins at `start` may be a script URL, or break out of a literal by its first quotation mark. */
export function mayBeginLoose(bytes: Uint8Array, start: number): boolean {
  if (isQuote(byteAt(bytes, start))) return splices.has(byteAt(bytes, skipOf(bytes, start + 1, space)))
  let letters = 0
  let index = start
  for (; letters <= maxSchemeLength; index++) {
    const byte = byteAt(bytes, index)
    if (isOf(byte, letter)) letters++
    else if (!isOf(byte, blank)) return [colon, ampersand, backslash, slash].includes(byte)
  }
  return false
}

const embeddingSieve = new WordSieve(Object.keys(embedding))

/** What a tag makes of what follows: nothing is one, it may load something by its name, or it may have attributes. */
export type TagKind = 'embedding' | 'none' | 'plain'

/** Which kind of tag begins at `<`. What stands between it and the name is read as generously as anybody does. */
export function tagAt(bytes: Uint8Array, less: number): TagKind {
  const next = byteAt(bytes, less + 1)
  const isClosing = next === slash
  let start = isClosing || next === question ? less + 2 : less + 1
  while (byteAt(bytes, start) < 0x20) start++
  if (!isOf(byteAt(bytes, start), letter)) return 'none'
  if (isClosing) return 'plain'
  const end = skipOf(bytes, start, tagName)
  if (!embeddingSieve.mayHold(byteAt(bytes, start), byteAt(bytes, start + 1), end - start)) return 'plain'
  return Object.hasOwn(embedding, lowerText(bytes, start, end)) ? 'embedding' : 'plain'
}

const namesThatCount = new Set([...urlAttributes, ...scoredAttributes])
const attributeSieve = new WordSieve(namesThatCount)

const isOn = (bytes: Uint8Array, start: number): boolean =>
  lowered(byteAt(bytes, start)) === codeOf('o') && lowered(byteAt(bytes, start + 1)) === codeOf('n')

/** An attribute that has a score, or may have; one that has when its value is a script URL; or neither. */
export type AttributeKind = 'none' | 'scored' | 'url'

/**
 * Which kind of attribute ends at `=`. Its name is read backwards: one begins behind a character that no name has, or
 * behind a tag's name and then with no letter, which is no name that counts.
 */
export function attributeBefore(bytes: Uint8Array, equals: number): AttributeKind {
  let end = equals
  while (isOf(byteAt(bytes, end - 1), space)) end--
  let start = end
  while (start > pad && isOf(byteAt(bytes, start - 1), attributeName)) start--
  if (isOn(bytes, start)) return end - start > 3 ? 'scored' : 'none'
  if (!attributeSieve.mayHold(byteAt(bytes, start), byteAt(bytes, start + 1), end - start)) return 'none'
  const name = lowerText(bytes, start, end)
  if (scoredAttributes.has(name)) return 'scored'
  return urlAttributes.has(name) ? 'url' : 'none'
}

/** Whether the value behind `=` may begin with `javascript:` once it is read as a browser does. */
export function mayBeginScript(bytes: Uint8Array, equals: number): boolean {
  let index = skipOf(bytes, equals + 1, space)
  if (isQuote(byteAt(bytes, index))) index++
  index = skipOf(bytes, index, blank)
  const byte = byteAt(bytes, index)
  const next = byteAt(bytes, index + 1)
  if (lowered(byte) === codeOf('j')) {
    return lowered(next) === codeOf('a') || isOf(next, blank) || [ampersand, backslash, slash].includes(next)
  }
  return isEncoded(bytes, index) || (byte === slash && next === asterisk)
}

/** Whether the colon at an index may end a scheme: `javascript`, `vbscript`, `mocha`, `data`, or a comment behind one. */
export function mayEndScheme(bytes: Uint8Array, index: number): boolean {
  let before = index - 1
  while (before > pad && isOf(byteAt(bytes, before), blank)) before--
  const byte = byteAt(bytes, before)
  return lowered(byte) === codeOf('t') || lowered(byte) === codeOf('a') || byte === slash
}

/** Whether a handler `on…=` ends at `=` that begins the text or stands behind a quotation mark, as the detector has it. */
export function mayBeHandler(bytes: Uint8Array, equals: number, textStart: number): boolean {
  let end = equals
  while (end > pad && equals - end < 8 && isOf(byteAt(bytes, end - 1), space)) end--
  let name = end
  while (name > pad && end - name < 40 && isOf(byteAt(bytes, name - 1), letter)) name--
  if (end - name < 5 || !isOn(bytes, name)) return false
  let before = name - 1
  while (before > textStart && name - before < 8 && isOf(byteAt(bytes, before), space)) before--
  return name <= textStart || isQuote(byteAt(bytes, before))
}
