import { secretNames } from '../secret/secret-assignments.ts'
import { minBehindPrefix, type SecretFormat, secretFormats } from '../secret/secret-formats.ts'
import { byteAt, isOf, outside, space, standsAt, wordPart } from './byte-classes.ts'

const keyOf = (first: number, second: number): number => ((first & 127) << 7) | (second & 127)

const byBeginning = Map.groupBy(secretFormats, ({ prefix }) =>
  keyOf(prefix.charCodeAt(0), prefix.charCodeAt(1)),
)
const isBeginning = new Uint8Array(128 * 128)
for (const key of byBeginning.keys()) isBeginning[key] = 1

/** Whether a format's prefix stands at an index, and behind it so many characters as every format has. */
function mayFit(bytes: Uint8Array, index: number, { prefix, accepts }: SecretFormat): boolean {
  if (!standsAt(bytes, index, prefix)) return false
  const from = index + prefix.length
  for (let at = from; at < from + minBehindPrefix; at++) {
    const byte = byteAt(bytes, at)
    if (byte === outside || !accepts(byte)) return false
  }
  return true
}

/** Whether a format may fit where a word begins. */
export function beginsSecret(bytes: Uint8Array, index: number): boolean {
  const key = keyOf(byteAt(bytes, index), byteAt(bytes, index + 1))
  if (isBeginning[key] !== 1) return false
  return byBeginning.get(key)?.some((format) => mayFit(bytes, index, format)) === true
}

/** Whether no word goes on at an index: one may begin. */
export const isBehindWord = (bytes: Uint8Array, index: number): boolean =>
  !isOf(byteAt(bytes, index - 1), wordPart)

/** Whether a run of dashes may be that of a PEM block: five, and the beginning of `BEGIN` or of another. */
export const beginsPem = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= 5 && byteAt(bytes, end) === 0x42 && byteAt(bytes, end + 1) === 0x45

const isLast = new Uint8Array(256)
for (const { ending } of secretNames) isLast[ending.charCodeAt(ending.length - 1)] = 1

const isQuote = (byte: number): boolean => byte === 0x22 || byte === 0x27 || byte === 0x60

/** Whether a setting whose value is a secret is assigned at an index: its name stands before, in quotation marks or not. */
export function assignsSecret(bytes: Uint8Array, assigner: number): boolean {
  let end = assigner
  while (isOf(byteAt(bytes, end - 1), space)) end--
  if (isQuote(byteAt(bytes, end - 1))) end--
  if (isLast[byteAt(bytes, end - 1)] !== 1) return false
  return secretNames.some(({ ending }) => standsAt(bytes, end - ending.length, ending))
}
