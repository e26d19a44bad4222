const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const member = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((at, name) => (isObject(at) ? Reflect.get(at, name) : undefined), value)

/** What zod and valibot wrap a schema in. */
const wrapped = (schema: unknown): unknown =>
  member(schema, '_zod', 'def', 'innerType') ??
  member(schema, '_zod', 'def', 'in') ??
  member(schema, 'wrapped')

const entriesOf = (schema: unknown): unknown =>
  member(schema, '_zod', 'def', 'shape') ?? member(schema, 'entries')

const elementOf = (schema: unknown): unknown =>
  member(schema, '_zod', 'def', 'element') ??
  member(schema, '_zod', 'def', 'valueType') ??
  member(schema, 'item') ??
  member(schema, 'value')

/** How deep schemas are looked through: a lazy one may hold itself. */
const maxSteps = 100

/** The members that the object at a path may have, as far as its schema says; `[]` where it does not. */
export function knownMembers(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let at = schema
  let index = 0
  for (let step = 0; step < maxSteps; step++) {
    const inner = wrapped(at)
    const entries = entriesOf(at)
    if (inner !== undefined) at = inner
    else if (index === path.length) return isObject(entries) ? Object.keys(entries) : []
    else {
      const key = String(path[index++])
      at = isObject(entries) && Object.hasOwn(entries, key) ? Reflect.get(entries, key) : elementOf(at)
    }
  }
  return []
}
