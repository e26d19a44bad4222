import type { ReasonMembers, SizeUnit } from './reason.ts'

/** The sentences of one language. `{name}` stands for a member of the error, `{unit}` for what is counted. */
export interface Sentences {
  /** By the code of an error; `code:member` is for errors that have the member. */
  readonly errors: Readonly<Record<string, string>>
  readonly units: Readonly<Record<SizeUnit, string>>
  /** Titles of problems, by the last part of their type. */
  readonly titles: Readonly<Record<string, string>>
  /** Sentences of problems with a code of their own. */
  readonly details: Readonly<Record<string, string>>
}

const optionalMembers = ['exclusiveMinimum', 'exclusiveMaximum', 'suggestion'] as const

/** The text by a name that may come from anywhere, and so be one that every object has, such as `constructor`. */
export const textFor = (texts: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(texts, name) ? texts[name] : undefined

/** The sentence for an error; `undefined` for a code that the language does not have. */
export function sentenceFor(
  { errors, units }: Pick<Sentences, 'errors' | 'units'>,
  error: ReasonMembers & { readonly code: string },
): string | undefined {
  const special = optionalMembers.find((name) => error[name] !== undefined)
  const sentence = (special && textFor(errors, `${error.code}:${special}`)) ?? textFor(errors, error.code)
  return sentence?.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value: unknown = Reflect.get(error, name)
    return name === 'unit' ? units[error.unit ?? 'characters'] : String(value)
  })
}
