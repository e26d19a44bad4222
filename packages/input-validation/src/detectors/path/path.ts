import { inPieces } from '../text/stepped-work.ts'
import { isLetter, isWordUnit, oneOf, skipWhile } from '../text/character.ts'
import { createFindingList, type FindingList, type SteppedDetector } from '../text/finding.ts'

/** Files that traversals are after, in lower case and with `/`. */
export const targets: readonly string[] = [
  'etc/passwd',
  'etc/shadow',
  'etc/hosts',
  'etc/group',
  'proc/self',
  'proc/version',
  'var/log/',
  '.ssh/',
  'windows/',
  'winnt/',
  'boot.ini',
  'win.ini',
  'web.config',
  'web-inf/',
  '.env',
  '.git/',
  '.htaccess',
  '.htpasswd',
  'wp-config',
]

const maxTargetLength = Math.max(...targets.map((target) => target.length))

/** Notations of `.`, `/` and `\`: percent-encoded once or twice, overlong UTF-8 (CVE-2000-0884), IIS' %u, full-width. */
const dots = ['.', '%2e', '%252e', '%c0%ae', '%c0%2e', '%e0%40%ae', '%uff0e', '%u002e', '．']
const separators = [
  '/',
  '\\',
  '%2f',
  '%5c',
  '%252f',
  '%255c',
  '%c0%af',
  '%c1%9c',
  '%c0%2f',
  '%uff0f',
  '%u2215',
  '%u2216',
  '%u002f',
  '／',
  '＼',
]

const lowerUnit = (unit: number): number => (isLetter(unit) ? unit | 0x20 : unit)

/** Whether `notation`, which is lower case, stands at an index in any case. */
function isWritten(text: string, index: number, notation: string): boolean {
  for (let at = 0; at < notation.length; at++)
    if (lowerUnit(text.charCodeAt(index + at)) !== notation.charCodeAt(at)) return false
  return true
}

/** A notation's reader: how many units of a text at an index are one of `notations`, which are lower case; 0 for none. */
function createLengthOf(notations: readonly string[]): (text: string, index: number) => number {
  const single = notations.filter(({ length }) => length === 1).map((notation) => notation.charCodeAt(0))
  const encoded = notations.filter(({ length }) => length > 1)
  return (text, index) => {
    const unit = text.charCodeAt(index)
    if (unit !== 0x25) return single.includes(unit) ? 1 : 0
    if (!encodes(text.charCodeAt(index + 1))) return 0
    return encoded.find((notation) => isWritten(text, index, notation))?.length ?? 0
  }
}

/** What follows `%` in the notations of a dot, a separator, and NUL. */
const encodes = oneOf('025cCeEuU')

const lengthOfDot = createLengthOf(dots)
const lengthOfSeparator = createLengthOf(separators)

/** The most dots of a step: of a longer run only the last ones can begin one. */
const maxDots = 8

const isDot = (unit: number): boolean => unit === 0x2e
const isSeparator = (unit: number): boolean => unit === 0x2f || unit === 0x5c

/** Where `../` in any notation ends; -1 when none begins at `index`. */
function endOfStep(text: string, index: number): number {
  const first = lengthOfDot(text, index)
  if (first === 0) return -1
  const second = lengthOfDot(text, index + first)
  if (second === 0) return -1
  let end = index + first + second
  // `....//` and `..;/` become `../` in programs that remove or ignore the rest.
  while (text.charCodeAt(end) === 0x2e && end - index < maxDots) end++
  if (text.charCodeAt(end) === 0x3b) end++
  const separator = lengthOfSeparator(text, end)
  if (separator === 0) return -1
  end += separator
  if (isSeparator(text.charCodeAt(end))) end++
  return end
}

/** The targets by their first two characters. */
const byBeginning = Map.groupBy(targets, (target) => target.charCodeAt(0) * 128 + target.charCodeAt(1))

function namesTarget(text: string, index: number): boolean {
  const beginning = lowerUnit(text.charCodeAt(index)) * 128 + lowerUnit(text.charCodeAt(index + 1))
  const candidates = byBeginning.get(beginning)
  if (!candidates) return false
  let ahead = text.slice(index, index + maxTargetLength + 8).toLowerCase()
  if (ahead.includes('\\')) ahead = ahead.replaceAll('\\', '/')
  if (ahead.includes('%')) ahead = ahead.replaceAll('%2f', '/')
  return candidates.some((target) => ahead.startsWith(target))
}

const isHostPart = (unit: number): boolean => isWordUnit(unit) || unit === 0x2e || unit === 0x2d

/** Whether a step may begin with these two: dots, or an encoded one. */
const begins = (unit: number, next: number): boolean =>
  (unit === 0x2e && (next === 0x2e || next === 0x25)) || (unit === 0x25 && encodes(next)) || unit === 0xff0e

/** Looks for what begins from `from` on and before `to`. @returns where it stopped */
function findPaths(text: string, from: number, to: number, { add }: FindingList): number {
  let index = from
  for (; index < to; index++) {
    const unit = text.charCodeAt(index)
    if (begins(unit, text.charCodeAt(index + 1))) {
      let steps = 0
      let end = index
      for (let next = endOfStep(text, index); next !== -1; next = endOfStep(text, end)) {
        steps++
        end = next
      }
      if (steps > 0) {
        const encoded = text.slice(index, Math.min(end, index + 64)).includes('%')
        const deep = steps >= 3 ? 0.6 : 0.45
        add(index, end, namesTarget(text, end) ? 0.9 : encoded ? 0.85 : deep)
        index = end - 1
      } else if (unit === 0x2e) index = Math.max(index, skipWhile(text, index, isDot) - maxDots - 1)
      else if (text.startsWith('%00', index)) add(index, index + 3, 0.5)
    } else if (unit === 0) add(index, index + 1, 0.85)
    else if (unit === 0x5c && text.charCodeAt(index + 1) === 0x5c) {
      // \\host\share, when nothing stands before it that escapes a backslash.
      const before = text.charCodeAt(index - 1)
      const end = skipWhile(text, index + 2, isHostPart)
      if (end > index + 2 && text.charCodeAt(end) === 0x5c && !isWordUnit(before)) add(index, end + 1, 0.5)
      index = end - 1
    } else if (unit === 0x2f && !isWordUnit(text.charCodeAt(index - 1))) {
      if (namesTarget(text, index + 1)) add(index, index + 1, 0.5)
    } else if (unit === 0x3a && isSeparator(text.charCodeAt(index + 1))) {
      const isDrive = isLetter(text.charCodeAt(index - 1)) && !isWordUnit(text.charCodeAt(index - 2))
      if (isDrive && text.charCodeAt(index + 2) !== 0x2f) add(index - 1, index + 2, 0.45)
    }
  }
  return index
}

/**
 * Finds paths that climb out of their folder (CWE-22), in plain and encoded notations; NUL in a path; UNC paths,
 * absolute paths and drives.
 *
 * One or two steps alone are how programs import their own files, so they count where a plain value belongs only.
 */
export const detectPath: SteppedDetector = function* (text, maxFindings) {
  const list = createFindingList(maxFindings)
  yield* inPieces(text.length, (from, to) => findPaths(text, from, to, list))
  return list.findings
}
