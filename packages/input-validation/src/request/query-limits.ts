import { forbiddenName } from '../body/forbidden-name.ts'
import type { ResolvedRequestLimitsOptions } from './request-limits-options.ts'

/** Why a query was refused. */
export type QueryRefusalCode =
  'forbidden-parameter' | 'malformed-encoding' | 'repeated-parameter' | 'too-deep' | 'too-many-parameters'

/** A query to use in place of the given one, or why there is none. */
export type QueryVerdict =
  | {
      readonly query: string
      /** The names of which only one value was left, and which. */
      readonly chosen: ReadonlyMap<string, 'first' | 'last'>
    }
  | { readonly refusal: QueryRefusalCode }

const noneChosen: ReadonlyMap<string, 'first' | 'last'> = new Map()

/** The name of a pair, decoded as forms are; `undefined` where the percent signs encode nothing. */
function decodeName(raw: string): string | undefined {
  if (!raw.includes('%') && !raw.includes('+')) return raw
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function bracketDepth(name: string): number {
  let depth = 0
  for (let at = name.indexOf('['); at !== -1; at = name.indexOf('[', at + 1)) depth += 1
  return depth
}

/**
 * Judges a query, without its question mark, in one pass. What parsers would merge counts as one name:
 * `a=1&a[]=2` repeats `a`.
 */
export function judgeQuery(
  query: string,
  { maxParameters, maxParameterDepth, repeated }: ResolvedRequestLimitsOptions,
): QueryVerdict {
  if (query === '') return { query, chosen: noneChosen }
  const pairs = query.split('&', maxParameters + 1)
  if (pairs.length > maxParameters) return { refusal: 'too-many-parameters' }
  /** Which of the pairs each name stands for, so far. */
  const kept = new Map<string, number>()
  const bracketed = new Set<string>()
  const dropped = new Set<number>()
  const chosen = new Map<string, 'first' | 'last'>()
  for (const [index, pair] of pairs.entries()) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeName(equals === -1 ? pair : pair.slice(0, equals))
    if (name === undefined) return { refusal: 'malformed-encoding' }
    const bracket = name.indexOf('[')
    if (bracket !== -1 && bracketDepth(name) > maxParameterDepth) return { refusal: 'too-deep' }
    if (forbiddenName.test(name)) return { refusal: 'forbidden-parameter' }
    const base = bracket <= 0 ? name : name.slice(0, bracket)
    const policy = repeated(base)
    if (policy === 'list') continue
    if (bracket > 0) {
      bracketed.add(base)
      // One of both kinds cannot be chosen from: parsers make one value of them.
      if (kept.has(base)) return { refusal: 'repeated-parameter' }
      if (name.endsWith('[]')) continue
    } else if (bracketed.has(base)) return { refusal: 'repeated-parameter' }
    const earlier = kept.get(name)
    if (earlier === undefined) kept.set(name, index)
    else if (policy === 'reject' || bracket > 0) return { refusal: 'repeated-parameter' }
    else {
      chosen.set(name, policy)
      dropped.add(policy === 'first' ? index : earlier)
      if (policy === 'last') kept.set(name, index)
    }
  }
  if (dropped.size === 0) return { query, chosen }
  return { query: pairs.filter((_pair, index) => !dropped.has(index)).join('&'), chosen }
}
