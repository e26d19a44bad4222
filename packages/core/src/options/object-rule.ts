import { closestName } from './closest-name.ts'
import { applyRule, type OptionRule, type ProblemReport } from './option-rule.ts'
import { peerOptionMessage, type PeerOptions } from './peer-options.ts'
import { plainEntries } from './plain-object.ts'

/** What holds between the options of one object. An option whose value is `undefined` counts as left out. */
export interface ObjectConstraints<Key extends string> {
  /** Options that must be given. */
  readonly required?: readonly Key[] | undefined
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

/**
 * An object with exactly these keys; any other is reported with the name it was probably meant to
 * be. A key whose value is `undefined` counts as left out. The result is a frozen copy.
 */
export const objectRule =
  <T extends object>(
    rules: { readonly [K in keyof T]-?: OptionRule<Exclude<T[K], undefined>> },
    constraints: ObjectConstraints<keyof T & string> = {},
  ): OptionRule<T> =>
  (value, report) => {
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    const accepted: Record<string, unknown> = {}
    const given = new Set<string>()
    for (const [key, raw] of entries) {
      if (!Object.hasOwn(rules, key)) {
        reportUnknown(key, Object.keys(rules), constraints.peers, report)
        continue
      }
      if (raw === undefined) continue
      given.add(key)
      const read = applyRule(rules[key as keyof T], raw, report.at(key))
      if (read !== undefined) accepted[key] = read
    }
    checkConstraints(given, constraints, report)
    return Object.freeze(accepted) as T
  }

/** An object with keys of the user's choosing. The result is a frozen copy that inherits nothing. */
export const recordRule =
  <T>(entry: OptionRule<T>): OptionRule<Readonly<Record<string, T>>> =>
  (value, report) => {
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    // Names may be anything, `constructor` too.
    const accepted = Object.create(null) as Record<string, T>
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
  }

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
  given: ReadonlySet<string>,
  { required = [], exactlyOne = [], atMostOne = [], needs = {} }: ObjectConstraints<Key>,
  report: ProblemReport,
): void {
  for (const key of required) {
    if (!given.has(key)) report.at(key).add('ALFRED_CONFIG_MISSING', 'is required.')
  }
  for (const group of exactlyOne) {
    const [first, ...others] = group
    if (first === undefined || group.some((key) => given.has(key))) continue
    report.at(first).add('ALFRED_CONFIG_MISSING', `is required, unless ${orList(others)} is given.`)
  }
  for (const group of [...exactlyOne, ...atMostOne]) {
    const [first, ...more] = group.filter((key) => given.has(key))
    for (const key of more) {
      report.at(key).add('ALFRED_CONFIG_CONFLICT', `must not be given together with ${String(first)}.`)
    }
  }
  for (const [key, other] of Object.entries<Key | undefined>(needs)) {
    if (other === undefined || !given.has(key) || given.has(other)) continue
    report.at(key).add('ALFRED_CONFIG_CONFLICT', `does nothing without ${other}.`)
  }
}

const orList = (names: readonly string[]): string => {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`
}
