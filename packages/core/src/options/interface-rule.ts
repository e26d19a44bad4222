import { type ObjectConstraints, objectRule } from './object-rule.ts'
import type { OptionRule } from './option-rule.ts'
import { createRule, type MemberRule, type Rule } from './rule.ts'

/** As {@link objectRule}, for an interface that is written by hand; its options have no defaults. */
export function interfaceRule<T extends object>(
  rules: { readonly [K in keyof T]-?: OptionRule<Exclude<T[K], undefined>> },
  {
    required = [],
    ...constraints
  }: ObjectConstraints<keyof T & string> & { readonly required?: readonly (keyof T & string)[] } = {},
): Rule<T> {
  const names = new Set<string>(required)
  const members = Object.entries<OptionRule<unknown>>(rules).map(
    ([name, read]): [string, MemberRule<unknown, unknown, 'required' | 'optional'>] => {
      const rule = createRule(read)
      return [name, names.has(name) ? rule : rule.optional()]
    },
  )
  return createRule(
    objectRule(Object.fromEntries(members), constraints) as OptionRule<unknown> as OptionRule<T>,
  )
}
