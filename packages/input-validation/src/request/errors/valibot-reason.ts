import { allowedValues, type Reason, sizeReason, type SizeUnit } from './reason.ts'

/** What valibot puts on its issues, beside what a client sent. */
interface ValibotIssueFields {
  readonly kind?: unknown
  readonly type?: unknown
  readonly message?: unknown
  readonly expected?: unknown
  readonly requirement?: unknown
}

const lengths: ReadonlyMap<unknown, readonly [isTooBig: boolean, unit: SizeUnit]> = new Map([
  ['max_length', [true, 'characters']],
  ['min_length', [false, 'characters']],
  ['non_empty', [false, 'characters']],
  ['max_graphemes', [true, 'characters']],
  ['min_graphemes', [false, 'characters']],
  ['max_bytes', [true, 'bytes']],
  ['min_bytes', [false, 'bytes']],
  ['max_size', [true, 'elements']],
  ['min_size', [false, 'elements']],
  ['max_entries', [true, 'elements']],
  ['min_entries', [false, 'elements']],
] as const)

const bounds: ReadonlyMap<unknown, readonly [isTooBig: boolean, isExclusive: boolean]> = new Map([
  ['max_value', [true, false]],
  ['min_value', [false, false]],
  ['lt_value', [true, true]],
  ['gt_value', [false, true]],
] as const)

const choices: ReadonlySet<unknown> = new Set(['picklist', 'enum', 'literal', 'variant'])

/** Checks that the author wrote. */
const ownChecks: ReadonlySet<unknown> = new Set([
  'check',
  'check_items',
  'custom',
  'partial_check',
  'raw_check',
])

/** Schemas of several: no one type is expected. */
const joined: ReadonlySet<unknown> = new Set(['union', 'intersect'])

/** Checks that compare with a value, which is no format. */
const comparisons: ReadonlySet<unknown> = new Set([
  'bytes',
  'entries',
  'graphemes',
  'length',
  'multiple_of',
  'not_value',
  'not_values',
  'size',
  'value',
  'values',
])

/** valibot's own messages quote what a client sent. */
const byValibot = /^Invalid /

/** The values of `("x" | "y")` and `"x"`, as valibot writes what it expects. */
function expectedValues(expected: unknown): Reason['allowed'] {
  if (typeof expected !== 'string') return undefined
  try {
    const values = expected.replaceAll(/^\(|\)$/g, '').match(/"(?:[^"\\]|\\.)*"|[^\s|]+/g) ?? []
    return allowedValues(values.map((value) => JSON.parse(value) as unknown))
  } catch {
    return undefined
  }
}

function reasonOf({ kind, type, expected, requirement }: ValibotIssueFields, isMissing: boolean): Reason {
  if (isMissing) return { code: 'required' }
  const length = lengths.get(type)
  if (length) return sizeReason(length[0], type === 'non_empty' ? 1 : requirement, length[1])
  const bound = bounds.get(type)
  if (bound) return sizeReason(bound[0], requirement, undefined, bound[1])
  if (expected === 'never') return { code: 'unknown-member' }
  if (choices.has(type)) return { code: 'not-allowed', allowed: expectedValues(expected) }
  if (kind === 'schema' && joined.has(type)) return { code: 'invalid' }
  if (kind === 'schema') return { code: 'wrong-type', expected: String(type) }
  if (ownChecks.has(type) || comparisons.has(type)) return { code: 'invalid' }
  return { code: 'wrong-format', format: typeof type === 'string' && type !== 'regex' ? type : undefined }
}

/** The reason of an issue of valibot, with the author's message where there is one. */
export function valibotReason(issue: object, isMissing: boolean): Reason {
  const fields: ValibotIssueFields = issue
  const { message } = fields
  const isOwn = typeof message === 'string' && message !== '' && !byValibot.test(message)
  return { ...reasonOf(fields, isMissing), message: isOwn ? message : undefined }
}
