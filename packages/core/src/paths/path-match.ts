import type { IncomingMessage } from 'node:http'
import type { OptionRule } from '../options/option-rule.ts'
import { option } from '../options/option-rules.ts'
import type { Rule } from '../options/rule.ts'

/** Decides on a path. It is asked about every reading of the path, the one in lower case included. */
export type PathFunction = (path: string, request: IncomingMessage) => boolean

/**
 * Which requests something applies to: a path, several, or a function. `:name` stands for one segment, and `/*` at the
 * end for everything below.
 *
 * A path that *protects* (`match`, `required`, `noStore`) takes what is below it, too: `/api` takes `/api/chat` and, as a
 * mount of Connect does, `/api.x`, not `/apis`. A path that *exempts* (`bypass`, `skip`, `optional`, `exempt`, `except`, `ignore`) takes itself alone, unless
 * it ends in `/*`.
 */
export type PathMatch = string | readonly string[] | PathFunction

/** Of a segment: a name in place of it, or text without the characters of patterns. */
const segment = /^(?::\w+|[^:*?#()[\]{}\\;\s][^*?#()[\]{}\\;\s]*)$/

const dots = /^(?:\.|%2e){1,2}$/i

/** What is wrong with a path that requests are compared with, and what to write; `undefined` when nothing is. */
function patternFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'a path that begins with /'
  const ending = path.endsWith('/*') ? 2 : path.endsWith('/') ? 1 : 0
  const segments = path.slice(1, path.length - ending).split('/')
  if (path.length - ending <= 0) return undefined
  for (const each of segments) {
    if (each === '') return 'a path without empty segments: write one / where there are two'
    if (dots.test(each)) return 'a path without the segments . and ..'
    if (each.includes('*')) return 'a path with * at the end alone, as in /api/*; for one segment write :name'
    if (!segment.test(each))
      return 'a path of plain segments and :name, with /* at the end for everything below; else use a function'
  }
  return undefined
}

const patternRule: OptionRule<string> = (value, report) => {
  const text = option.string({ hint: 'a path that begins with /' })(value, report)
  if (text === undefined) return undefined
  const fault = patternFault(text)
  if (fault === undefined) return text
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${fault}.`)
  return undefined
}

/** Without a segment of plain text it takes whatever is there: `/*`, `/:a`, `/:a/*`. `/` took everything once. */
const isUnnamed = (path: string): boolean => /^(?:\/(?::\w+|\*)?)+$/.test(path)

/** A layer with an exemption of everything, or of every path of some length, does nothing. */
const exemptPatternRule: OptionRule<string> = (value, report) => {
  const text = patternRule(value, report)
  if (text === undefined || !isUnnamed(text)) return text
  report.add(
    'ALFRED_CONFIG_UNSAFE',
    'must not exempt every request: it has no segment of plain text. Name the paths, as in /public/* or /public/:name; to switch a layer off, give false in its place.',
  )
  return undefined
}

const matchRule = (pattern: OptionRule<string>): Rule<PathMatch> =>
  option.custom((value, report) => {
    if (typeof value === 'string') return pattern(value, report)
    if (Array.isArray(value)) return option.list(pattern, { min: 1 })(value, report)
    if (typeof value === 'function') return option.syncFunction<PathFunction>()(value, report)
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a path, a list of paths, or a function.')
    return undefined
  })

/** The rule for an option that says which paths are protected, limited or changed. */
export const protectedPathsRule = matchRule(patternRule)

/** The rule for an option that says which paths a layer leaves alone. */
export const exemptPathsRule = matchRule(exemptPatternRule)
