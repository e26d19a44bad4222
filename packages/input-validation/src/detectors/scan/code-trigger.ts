import { calls, delimiters } from '../code/code.ts'
import { Beginnings } from './beginnings.ts'
import { byteAt, isOf, pairOf, standsAt, wordPart } from './byte-classes.ts'

const openings = new Beginnings(delimiters.map(([open]) => open))

/** Whether the delimiter of a template opens at an index. Every finding of an expression begins with one. */
export const opensExpression = (bytes: Uint8Array, index: number): boolean => openings.standAt(bytes, index)

const callsByEnd = Map.groupBy(calls, (name) =>
  pairOf(name.charCodeAt(name.length - 2), name.charCodeAt(name.length - 1)),
)
const isEnd = new Uint8Array(1024)
for (const pair of callsByEnd.keys()) isEnd[pair] = 1

const dot = 0x2e

/** Whether a call stands in front of the parenthesis: the very condition of the detector. */
export function endsCall(bytes: Uint8Array, parenthesis: number): boolean {
  const pair = pairOf(byteAt(bytes, parenthesis - 2), byteAt(bytes, parenthesis - 1))
  if (isEnd[pair] !== 1) return false
  return (callsByEnd.get(pair) ?? []).some((name) => {
    const start = parenthesis - name.length
    const before = byteAt(bytes, start - 1)
    return standsAt(bytes, start, name) && !isOf(before, wordPart) && before !== dot
  })
}
