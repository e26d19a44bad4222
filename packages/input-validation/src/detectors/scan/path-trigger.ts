import { targets } from '../path/path.ts'
import { byteAt, isOf, letter, lowered, outside, wordPart } from './byte-classes.ts'

const percent = 0x25
const dash = 0x2d
const dot = 0x2e
const slash = 0x2f
const semicolon = 0x3b
const backslash = 0x5c

/** Whether a step up may end behind a run of dots: `../`, `..;/`, `..%2f`. Full-width forms are seen while copying. */
export function endsStep(bytes: Uint8Array, endOfDots: number): boolean {
  const first = byteAt(bytes, endOfDots)
  const next = first === semicolon ? byteAt(bytes, endOfDots + 1) : first
  return next === slash || next === backslash || next === percent
}

/** What stands behind `%` where a dot, a separator or NUL is encoded, as far as two characters say it. */
const encodings = new Set(
  ['2e', '25', '00', 'c0', 'e0', 'u0', 'uf'].map((text) => keyOf(text.charCodeAt(0), text.charCodeAt(1))),
)

function keyOf(first: number, second: number): number {
  return (lowered(first) << 8) | lowered(second)
}

/** Whether `%` at an index may begin a step or be NUL. */
export const encodesStep = (bytes: Uint8Array, index: number): boolean =>
  encodings.has(keyOf(byteAt(bytes, index + 1), byteAt(bytes, index + 2)))

const beginningOf = (first: number, second: number, third: number): number =>
  (lowered(first) << 16) | (lowered(second) << 8) | lowered(third)

const targetBeginnings = new Set(
  targets.map((target) => beginningOf(target.charCodeAt(0), target.charCodeAt(1), target.charCodeAt(2))),
)

/** Whether the slash at an index may begin an absolute path to one of the targets. */
export const mayNameTarget = (bytes: Uint8Array, index: number): boolean =>
  !isOf(byteAt(bytes, index - 1), wordPart) &&
  targetBeginnings.has(
    beginningOf(byteAt(bytes, index + 1), byteAt(bytes, index + 2), byteAt(bytes, index + 3)),
  )

/** Whether a drive stands before the colon at an index, which a separator follows. */
export const endsDrive = (bytes: Uint8Array, index: number): boolean =>
  isOf(byteAt(bytes, index - 1), letter) &&
  !isOf(byteAt(bytes, index - 2), wordPart) &&
  byteAt(bytes, index + 2) !== slash

const isHostPart = (byte: number): boolean => isOf(byte, wordPart) || byte === dot || byte === dash

/** Whether `\\` at an index begins `\\host\`. */
export function beginsShare(bytes: Uint8Array, index: number): boolean {
  if (isOf(byteAt(bytes, index - 1), wordPart)) return false
  let end = index + 2
  while (isHostPart(byteAt(bytes, end))) end++
  return end > index + 2 && byteAt(bytes, end) === backslash
}

/** The first index behind a run of one byte. */
export function endOfRun(bytes: Uint8Array, start: number): number {
  const byte = byteAt(bytes, start)
  let end = start + 1
  while (byte !== outside && byteAt(bytes, end) === byte) end++
  return end
}
