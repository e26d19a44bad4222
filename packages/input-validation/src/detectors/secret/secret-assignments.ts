import { isDigit, isLetter, isSpace, isWordUnit, oneOf, skipWhile } from '../text/character.ts'
import type { FindingList } from '../text/finding.ts'
import { isStandIn } from './stand-ins.ts'

/** A setting whose value is a secret, by what its name ends in. */
export interface SecretName {
  readonly ending: string
  /** How long its value is, where it has one format. */
  readonly length?: number
}

/**
 * Settings whose values are secrets. Of general names only those of environment variables, in capitals: in programs
 * `password = …` is a variable more often than a password. To add one, add it here.
 */
export const secretNames: readonly SecretName[] = [
  ...['PASSWORD', 'PASSWD', 'SECRET', 'TOKEN'].map((ending) => ({ ending })),
  ...['API', 'ACCESS', 'SECRET', 'PRIVATE', 'ENCRYPTION'].map((kind) => ({ ending: `${kind}_KEY` })),
  // Amazon Web Services: the secret that belongs to an access key.
  ...['aws_secret_access_key', 'secretAccessKey', 'SecretAccessKey'].map((ending) => ({
    ending,
    length: 40,
  })),
  // The header field of HTTP, behind whose scheme the secret stands.
  ...['Authorization', 'authorization'].map((ending) => ({ ending })),
]

const schemes = ['Bearer ', 'bearer ', 'Token ', 'token ', 'Basic ', 'basic ']

const maxValueLength = 512
const isQuote = oneOf('"\'`')
const isAssigner = oneOf('=:')

/** What a value is made of. A backslash ends it: one stands before an escaped line end. */
const isValueUnit = (unit: number): boolean =>
  unit > 0x20 && unit < 0x7f && !isQuote(unit) && unit !== 0x5c && unit !== 0x2c && unit !== 0x3b

/** How much white space may stand around the sign that assigns. */
const maxSpaces = 4

/** Where the name ends that is assigned at an index. */
function endOfName(text: string, assigner: number): number {
  let end = assigner
  while (assigner - end < maxSpaces && isSpace(text.charCodeAt(end - 1))) end--
  return isQuote(text.charCodeAt(end - 1)) ? end - 1 : end
}

/** Where the value begins that is assigned at an index. */
function startOfValue(text: string, assigner: number): number {
  let start = skipWhile(text, assigner + 1, isSpace, assigner + 1 + maxSpaces)
  if (isQuote(text.charCodeAt(start))) start++
  const scheme = schemes.find((candidate) => text.startsWith(candidate, start))
  return start + (scheme?.length ?? 0)
}

const expression = /[()[\]{}]|process\.|secrets\./

/** Whether a value is no word and no expression: letters and digits, and nothing that calls or looks up. */
function isOpaque(value: string): boolean {
  if (value.length < 8 || expression.test(value)) return false
  let letters = 0
  let digits = 0
  for (let index = 0; index < value.length; index++) {
    if (isLetter(value.charCodeAt(index))) letters++
    else if (isDigit(value.charCodeAt(index))) digits++
  }
  return letters > 0 && digits > 0 && !isStandIn(value)
}

/** Looks at what is assigned from `from` on and before `to`. @returns where it stopped */
export function findAssignments(text: string, from: number, to: number, { add }: FindingList): number {
  let index = from
  for (; index < to; index++) {
    if (!isAssigner(text.charCodeAt(index))) continue
    const end = endOfName(text, index)
    if (!isWordUnit(text.charCodeAt(end - 1))) continue
    const name = secretNames.find(({ ending }) => text.endsWith(ending, end))
    if (!name) continue
    const start = startOfValue(text, index)
    const valueEnd = skipWhile(text, start, isValueUnit, Math.min(text.length, start + maxValueLength))
    const value = text.slice(start, valueEnd)
    if ((name.length ?? value.length) === value.length && isOpaque(value)) add(start, valueEnd, 0.8)
    index = Math.max(index, valueEnd - 1)
  }
  return index
}
