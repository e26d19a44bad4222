import { secretFormats } from '../secret/secret-formats.ts'
import { Beginnings } from './beginnings.ts'
import { byteAt, isOf, wordPart } from './byte-classes.ts'

const prefixes = new Beginnings(secretFormats.map(({ prefix }) => prefix))

/** Whether a format's prefix stands where a word begins. A finding by format begins so. */
export const beginsSecret = (bytes: Uint8Array, index: number): boolean =>
  !isOf(byteAt(bytes, index - 1), wordPart) && prefixes.standAt(bytes, index)

/** Whether a run of dashes may be that of a PEM block: five, and the beginning of `BEGIN` or of another. */
export const beginsPem = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= 5 && byteAt(bytes, end) === 0x42 && byteAt(bytes, end + 1) === 0x45
