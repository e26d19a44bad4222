import type { Problem } from '@alfred/core'
import { english as sentencesInEnglish } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import type { ReasonMembers } from './reason.ts'
import { sentenceFor, type Sentences, textFor } from './sentences.ts'

/** The languages that come with the package. */
const languages: ReadonlyMap<string, Sentences> = new Map([
  ['de', german],
  ['fr', french],
])

const ownType = 'urn:alfred:problem:'

/** Of `de-AT`, `de_DE` and `de,en;q=0.9`. */
const firstLanguage = /^[a-z]+(?=$|[-_,;])/

/** A problem as it is sent: `application/problem+json`. */
type SentProblem = Partial<Omit<Problem, 'extensions'>> & { readonly [member: string]: unknown }

type SentError = ReasonMembers & { readonly code: string; readonly detail: string }

function isError(value: unknown): value is SentError {
  if (typeof value !== 'object' || value === null) return false
  return typeof Reflect.get(value, 'code') === 'string' && typeof Reflect.get(value, 'detail') === 'string'
}

/** The sentence that an error of ours has in English is looked up; one of an author stays, unless it is added by its code. */
function translateError(value: unknown, sentences: Sentences, additions: Sentences['errors']): unknown {
  if (!isError(value)) return value
  const { code, detail } = value
  const say = (as: string): unknown => ({
    ...value,
    detail: sentenceFor(sentences, { ...value, code: as }) ?? detail,
  })
  if (Object.hasOwn(additions, code)) return say(code)
  const english = ['unknown-member:unnamed', 'invalid'].find(
    (name) => detail === sentencesInEnglish.errors[name],
  )
  if (english !== undefined) return say(english)
  return detail === sentenceFor(sentencesInEnglish, value) ? say(code) : value
}

/**
 * Says a problem of this package in another language: its title, its sentence, and the sentences of its `errors`. Types, codes,
 * pointers and bounds stay, and so does what the author of a schema wrote.
 *
 * @param problem - as it was received, or before it is sent
 * @param language - `'de'` or `'fr'`, also as in `de-AT` or at the start of an `Accept-Language`; any other returns the problem as it is
 * @param additions - sentences by codes of one's own, and in place of ours
 *
 * @example
 * ```ts
 * import { translateProblem } from '@alfred/input-validation'
 *
 * const response = await fetch('/api/users', { method: 'POST', body: '{}' })
 * const problem = translateProblem(await response.json(), navigator.language, { 'sku-unknown': 'Diesen Artikel gibt es nicht.' })
 * ```
 */
export function translateProblem<const P extends SentProblem>(
  problem: P,
  language: string | undefined,
  additions: Readonly<Record<string, string>> = {},
): P {
  const [first = ''] = firstLanguage.exec(language?.toLowerCase() ?? '') ?? []
  const known = languages.get(first)
  if (!known) return problem
  const sentences: Sentences = { ...known, errors: { ...known.errors, ...additions } }
  const { type, title, detail, code, errors } = problem as SentProblem
  // A problem of the application has its own words, also where its code is one of ours.
  const name = typeof type === 'string' && type.startsWith(ownType) ? type.slice(ownType.length) : undefined
  return {
    ...problem,
    ...(title !== undefined && name !== undefined && { title: textFor(sentences.titles, name) ?? title }),
    ...(detail !== undefined &&
      name !== undefined &&
      typeof code === 'string' && { detail: textFor(sentences.details, code) ?? detail }),
    ...(Array.isArray(errors) && {
      errors: errors.map((error: unknown) => translateError(error, sentences, additions)),
    }),
  }
}
