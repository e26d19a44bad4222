import { inPieces } from '../text/stepped-work.ts'
import { isWordUnit, skipWhile } from '../text/character.ts'
import { createFindingList, type SteppedDetector, type FindingList } from '../text/finding.ts'
import { type SecretFormat, secretFormats } from './secret-formats.ts'

/** Whether a value is a stand-in: few different characters, or words that documentation uses. */
function isPlaceholder(value: string): boolean {
  if (new Set(value).size < Math.min(10, value.length / 3)) return true
  const lower = value.toLowerCase()
  return ['example', 'xxxx', 'your', 'redacted', '1234567890', 'abcdef', 'placeholder'].some((word) =>
    lower.includes(word),
  )
}

function scoreOf({ prefix, min, max }: SecretFormat, value: string): number {
  if (value.length < min || value.length > max) return 0
  if (prefix === 'eyJ') {
    const [header = '', claims = '', signature = ''] = value.split('.')
    return header.length >= 10 && claims.startsWith('eyJ') && signature.length >= 20 ? 0.8 : 0
  }
  return isPlaceholder(value.slice(-40)) ? 0.3 : 0.95
}

/** The formats by their first two characters, in the order in which they are tried. */
const byBeginning = Map.groupBy(
  secretFormats,
  ({ prefix }) => prefix.charCodeAt(0) * 256 + prefix.charCodeAt(1),
)

/** The format's finding at `start`, or where its run of characters ends. */
function readFormat(text: string, start: number, format: SecretFormat, { add }: FindingList): number {
  const from = start + format.prefix.length
  const end = skipWhile(text, from, format.accepts)
  // A sentence may end behind the key.
  const value = text.slice(from, text.charAt(end - 1) === '.' ? end - 1 : end)
  const score = scoreOf(format, value)
  if (score > 0) add(start, from + value.length, score)
  return end
}

/** Looks at every place where a word begins. @returns where it stopped */
function findFormats(text: string, from: number, to: number, list: FindingList): number {
  let before = text.charCodeAt(from - 1)
  let index = from
  while (index < to) {
    const unit = text.charCodeAt(index)
    let next = index + 1
    if (!isWordUnit(before) && isWordUnit(unit)) {
      const formats = byBeginning.get(unit * 256 + text.charCodeAt(index + 1))
      const format = formats?.find(({ prefix }) => text.startsWith(prefix, index))
      // Going on behind the run keeps the search linear, whatever is repeated.
      if (format) next = Math.max(next, readFormat(text, index, format, list))
    }
    before = text.charCodeAt(next - 1)
    index = next
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

const passwordStandIns = new Set([
  'password',
  'pass',
  'pwd',
  'secret',
  'user',
  'postgres',
  'root',
  'admin',
  'changeme',
  'example',
  'test',
])

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
    const isStandIn =
      passwordStandIns.has(password.toLowerCase()) ||
      '$<{*%'.includes(password.charAt(0)) ||
      isPlaceholder(password)
    add(from, from + at, isStandIn ? 0.2 : 0.8)
  }
}

/** Finds credentials that somebody pasted: vendors' keys, private keys, tokens, passwords in URLs. */
export const detectSecret: SteppedDetector = function* (text, most) {
  const list = createFindingList(most)
  yield* inPieces(text.length, (from, to) => findFormats(text, from, to, list))
  findPrivateKeys(text, list)
  findUrlCredentials(text, list)
  return list.findings
}
