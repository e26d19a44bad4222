import { closestName } from './closest-name.ts'
import { applyRule, createProblemReport, type OptionRule, type ProblemReport } from './option-rule.ts'
import { peerOptionMessage, type PeerOptions } from './peer-options.ts'
import { plainEntries } from './plain-object.ts'
import { createRule, type MemberRule, type Rule, type RuleMap } from './rule.ts'

/** What holds between the options of one object. An option whose value is `undefined` counts as left out. */
export interface ObjectConstraints<Key extends string> {
  /** Of each group exactly one must be given. */
  readonly exactlyOne?: readonly (readonly Key[])[] | undefined
  /** Of each group at most one may be given; the later one is reported. */
  readonly atMostOne?: readonly (readonly Key[])[] | undefined
  /** Options that do nothing without another one: `{ exempt: 'maxConnectionsPerAddress' }`. */
  readonly needs?: { readonly [K in Key]?: Key } | undefined
  /** What other libraries call these options. */
  readonly peers?: PeerOptions | undefined
}

/** Ways of saying "off" that would otherwise be taken for options. */
const switches = new Set(['active', 'disable', 'disabled', 'enable', 'enabled'])

/** What users write for an object of options. The documentation of each rule is that of its option. */
export type GivenObject<R extends RuleMap> = {
  readonly [K in keyof R as R[K]['presence'] extends 'required' ? K : never]: R[K]['~types']['input']
} & {
  readonly [K in keyof R as R[K]['presence'] extends 'required' ? never : K]?:
    R[K]['~types']['input'] | undefined
}

/** An object of options with every default filled in. */
export type ReadObject<R extends RuleMap> = {
  readonly [K in keyof R as R[K]['presence'] extends 'optional' ? never : K]: R[K]['~types']['read']
} & {
  readonly [K in keyof R as R[K]['presence'] extends 'optional' ? K : never]?: R[K]['~types']['read']
}

/** As {@link ReadObject}, before the whole is accepted: required options that were refused are not there. */
type ReadParts<R extends RuleMap> = {
  readonly [K in keyof R as R[K]['presence'] extends 'defaulted' ? K : never]: R[K]['~types']['read']
} & {
  readonly [K in keyof R as R[K]['presence'] extends 'defaulted' ? never : K]?: R[K]['~types']['read']
}

/** The rule of an object of options. */
export interface ObjectRule<R extends RuleMap>
  extends
    MemberRule<ReadObject<R>, GivenObject<R>, 'required'>,
    Pick<Rule<ReadObject<R>, GivenObject<R>>, 'optional' | 'default' | 'refine' | 'map'> {
  /** Looks at the options together, some of which may have been refused, and reports what is wrong with them. */
  check(look: (read: ReadParts<R>, report: ProblemReport) => void): ObjectRule<R>
  /** The object may be left out, and is then what `{}` is. */
  orDefaults(): MemberRule<ReadObject<R>, GivenObject<R>, 'defaulted'>
}

/**
 * An object with exactly these keys; any other is reported with the name it was probably meant to
 * be. A key whose value is `undefined` counts as left out. The result is a frozen copy with every default; what was
 * refused and has none is absent.
 */
export const objectRule = <const R extends RuleMap>(
  rules: R,
  constraints: ObjectConstraints<keyof R & string> = {},
): ObjectRule<R> => fromReader(readObject(rules, constraints))

function fromReader<R extends RuleMap>(read: OptionRule<ReadParts<R>>): ObjectRule<R> {
  // Who meets a part that is missing has been told of it, and takes nothing of the whole.
  const readWhole = read as OptionRule<unknown> as OptionRule<ReadObject<R>>
  const rule = createRule<ReadObject<R>, GivenObject<R>>(readWhole)
  return Object.assign<typeof rule, Pick<ObjectRule<R>, 'check' | 'orDefaults'>>(rule, {
    check: (look) => fromReader(createRule(read).check(look)),
    orDefaults: () => rule.default(readWhole({}, createProblemReport([], '')) as ReadObject<R>),
  })
}

const readObject =
  <R extends RuleMap>(rules: R, constraints: ObjectConstraints<keyof R & string>): OptionRule<ReadParts<R>> =>
  (value, report) => {
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    const accepted: Record<string, unknown> = {}
    const present = new Set<string>()
    for (const [key, raw] of entries) {
      const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
      if (!rule) {
        reportUnknown(key, Object.keys(rules), constraints.peers, report)
        continue
      }
      if (raw === undefined) continue
      present.add(key)
      const read = applyRule(rule, raw, report.at(key))
      if (read !== undefined) accepted[key] = read
    }
    for (const [key, { presence, fallback }] of Object.entries(rules)) {
      if (presence === 'required' && !present.has(key)) {
        report.at(key).add('ALFRED_CONFIG_MISSING', 'is required.')
      } else if (presence === 'defaulted' && !Object.hasOwn(accepted, key)) accepted[key] = fallback
    }
    checkConstraints(present, constraints, report)
    return Object.freeze(accepted) as ReadParts<R>
  }

/** An object with keys of the user's choosing. The result is a frozen copy that inherits nothing. */
export const recordRule = <Read, Input = Read>(
  entry: OptionRule<Read> | MemberRule<Read, Input, 'required'>,
): Rule<Readonly<Record<string, Read>>, Readonly<Record<string, Input>>> =>
  createRule((value, report) => {
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    // Names may be anything, `constructor` too.
    const accepted = Object.create(null) as Record<string, Read>
    for (const [key, raw] of entries) {
      if (key === '__proto__') {
        report.at(key).add('ALFRED_CONFIG_UNSAFE', 'must not be a name here.')
        continue
      }
      if (raw === undefined) continue
      const read = entry(raw, report.at(key))
      if (read !== undefined) accepted[key] = read
    }
    return Object.freeze(accepted)
  })

function reportUnknown(
  key: string,
  known: readonly string[],
  peers: PeerOptions | undefined,
  report: ProblemReport,
): void {
  const at = report.at(key)
  const ofPeer = peers && peerOptionMessage(peers, key)
  if (ofPeer !== undefined) at.add('ALFRED_CONFIG_UNKNOWN_KEY', ofPeer)
  else if (switches.has(key)) {
    at.add('ALFRED_CONFIG_UNKNOWN_KEY', 'is not an option: to switch off, give false in place of the object.')
  } else at.add('ALFRED_CONFIG_UNKNOWN_KEY', 'is not an option.', closestName(key, known))
}

function checkConstraints<Key extends string>(
  present: ReadonlySet<string>,
  { exactlyOne = [], atMostOne = [], needs = {} }: ObjectConstraints<Key>,
  report: ProblemReport,
): void {
  for (const group of exactlyOne) {
    const [first, ...others] = group
    if (first === undefined || group.some((key) => present.has(key))) continue
    report.at(first).add('ALFRED_CONFIG_MISSING', `is required, unless ${orList(others)} is given.`)
  }
  for (const group of [...exactlyOne, ...atMostOne]) {
    const [first, ...more] = group.filter((key) => present.has(key))
    for (const key of more) {
      report.at(key).add('ALFRED_CONFIG_CONFLICT', `must not be given together with ${String(first)}.`)
    }
  }
  for (const [key, other] of Object.entries<Key | undefined>(needs)) {
    if (other === undefined || !present.has(key) || present.has(other)) continue
    report.at(key).add('ALFRED_CONFIG_CONFLICT', `does nothing without ${other}.`)
  }
}

const orList = (names: readonly string[]): string => {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`
}
