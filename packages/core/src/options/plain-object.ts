import type { ProblemReport } from './option-rule.ts'

/** An object as a literal or `JSON.parse` makes it, of this realm or another: nothing is inherited. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  return (
    typeof prototype === 'object' &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'hasOwnProperty')
  )
}

/**
 * The members of a plain object, each read once; reports what a reader of options would miss: inherited members,
 * members of class instances, Maps and Sets, symbol keys, getters that throw.
 *
 * @returns `undefined` when `value` is no plain object
 */
export function plainEntries(
  value: unknown,
  report: ProblemReport,
): readonly (readonly [key: string, value: unknown])[] | undefined {
  if (!isPlainObject(value)) {
    report.add('ALFRED_CONFIG_WRONG_TYPE', notPlain(value))
    return undefined
  }
  const entries: [string, unknown][] = []
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'symbol') {
      // Modules carry a symbol that is not enumerable.
      if (!Object.prototype.propertyIsEnumerable.call(value, key)) continue
      report.add('ALFRED_CONFIG_UNKNOWN_KEY', 'has a symbol as a key, which is not an option.')
      continue
    }
    try {
      entries.push([key, value[key]])
    } catch {
      report.at(key).add('ALFRED_CONFIG_WRONG_TYPE', 'cannot be read: its getter throws.')
    }
  }
  return entries
}

function notPlain(value: unknown): string {
  if (Array.isArray(value)) return 'must be an object, not a list.'
  if (typeof value !== 'object' || value === null) return 'must be an object.'
  return 'must be a plain object: members of a class, a Map or a prototype are not read.'
}
