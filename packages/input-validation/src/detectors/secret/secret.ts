import { inPieces } from '../text/stepped-work.ts'
import { isWordUnit, oneOf, skipWhile } from '../text/character.ts'
import { createFindingList, type SteppedDetector, type FindingList } from '../text/finding.ts'
import { findAssignments } from './secret-assignments.ts'
import { isPlaceholder, isStandIn } from './stand-ins.ts'
import { type SecretFormat, secretFormats } from './secret-formats.ts'

function scoreOf({ prefix, min, max }: SecretFormat, value: string): number {
  if (value.length < min || value.length > max) return 0
  if (prefix === 'eyJ') {
    const [header = '', claims = '', signature = ''] = value.split('.')
    return header.length >= 10 && claims.startsWith('eyJ') && signature.length >= 20 ? 0.8 : 0
  }
  return isPlaceholder(value.slice(-40)) ? 0.3 : 0.95
}

/** What a backslash and one of these stand for ends a line or a cell: a word may begin behind it. */
const escapedBreaks = oneOf('nrt')

/** Whether a word may begin at an index. */
const beginsWord = (text: string, index: number): boolean => {
  const before = text.charCodeAt(index - 1)
  return !isWordUnit(before) || (escapedBreaks(before) && text.charCodeAt(index - 2) === 0x5c)
}

/** The formats by their first two characters, in the order in which they are tried. */
const byBeginning = Map.groupBy(
  secretFormats,
  ({ prefix }) => prefix.charCodeAt(0) * 256 + prefix.charCodeAt(1),
)

/** Reads the formats whose beginning stands at `start`, up to the first that fits. @returns where the run of characters ends */
function readFormats(
  text: string,
  start: number,
  formats: readonly SecretFormat[],
  { add }: FindingList,
): number {
  let furthest = start + 1
  for (const format of formats) {
    if (!text.startsWith(format.prefix, start)) continue
    const from = start + format.prefix.length
    const end = skipWhile(text, from, format.accepts)
    // A sentence may end behind the key.
    const value = text.slice(from, text.charAt(end - 1) === '.' ? end - 1 : end)
    const score = scoreOf(format, value)
    // Going on behind the run keeps the search linear, whatever is repeated.
    furthest = Math.max(furthest, end)
    if (score === 0) continue
    add(start, from + value.length, score)
    return end
  }
  return furthest
}

/** Looks at every place where a word begins. @returns where it stopped */
function findFormats(text: string, from: number, to: number, list: FindingList): number {
  let index = from
  while (index < to) {
    const formats = byBeginning.get(text.charCodeAt(index) * 256 + text.charCodeAt(index + 1))
    index = formats && beginsWord(text, index) ? readFormats(text, index, formats, list) : index + 1
  }
  return index
}

const pemBegin = '-----BEGIN '
const pemEnd = '-----END '

/** PEM blocks (RFC 7468) whose label ends in `PRIVATE KEY`. */
function findPrivateKeys(text: string, { add }: FindingList): void {
  for (let start = text.indexOf(pemBegin); start !== -1;) {
    const labelEnd = text.indexOf('-----', start + pemBegin.length)
    if (labelEnd === -1) return
    const next = text.indexOf(pemBegin, labelEnd)
    if (labelEnd - start < 60 && text.slice(start, labelEnd).endsWith('PRIVATE KEY')) {
      const close = text.slice(labelEnd, next === -1 ? undefined : next).indexOf(pemEnd)
      const end = close === -1 ? labelEnd + 5 : labelEnd + close
      const hasBody = end - labelEnd > 64
      add(start, end, hasBody ? 0.95 : 0.3)
    }
    start = next
  }
}

/** `scheme://user:password@host`. */
function findUrlCredentials(text: string, { add }: FindingList): void {
  for (let colon = text.indexOf('://'); colon !== -1; colon = text.indexOf('://', colon + 3)) {
    const from = colon + 3
    const end = skipWhile(
      text,
      from,
      (unit) => unit > 0x20 && unit !== 0x2f && unit !== 0x22 && unit !== 0x27 && unit !== 0x3c,
    )
    const at = text.slice(from, Math.min(end, from + 512)).lastIndexOf('@')
    if (at === -1) continue
    const userInfo = text.slice(from, from + at)
    const password = userInfo.slice(userInfo.indexOf(':') + 1)
    if (!userInfo.includes(':') || password.length < 8) continue
    add(from, from + at, isStandIn(password) ? 0.2 : 0.8)
  }
}

/** Finds credentials that somebody pasted: vendors' keys, private keys, tokens, passwords in URLs and settings. */
export const detectSecret: SteppedDetector = function* (text, maxFindings) {
  const list = createFindingList(maxFindings)
  yield* inPieces(text.length, (from, to) => findFormats(text, from, to, list))
  findPrivateKeys(text, list)
  findUrlCredentials(text, list)
  yield* inPieces(text.length, (from, to) => findAssignments(text, from, to, list))
  return list.findings
}
