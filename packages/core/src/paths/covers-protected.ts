import type { PathMatch } from './path-match.ts'
import { parsePathPattern } from './path-pattern.ts'

const patternsOf = (match: PathMatch): readonly string[] =>
  typeof match === 'function' ? [] : typeof match === 'string' ? [match] : match

const segmentsOf = (pattern: string): readonly string[] =>
  parsePathPattern(pattern).text.split('/').filter(Boolean)

/** Whether an exemption takes all that is below a protected path. */
function covers(exempt: string, protectedPath: string): boolean {
  if (!parsePathPattern(exempt).takesBelow) return false
  const below = segmentsOf(protectedPath)
  return segmentsOf(exempt).every((segment, index) => {
    const other = below[index]
    return other !== undefined && (segment.startsWith(':') || segment.toLowerCase() === other.toLowerCase())
  })
}

/**
 * Whether nothing is left below the protected paths that is not exempt: `/api/*` covers `/api` and `/api/chat`. Functions
 * cover nothing, and are not covered.
 */
export function coversProtected(exempt: PathMatch | undefined, protectedPaths: PathMatch): boolean {
  const exemptions = exempt === undefined ? [] : patternsOf(exempt)
  const paths = patternsOf(protectedPaths)
  return paths.length > 0 && paths.every((path) => exemptions.some((each) => covers(each, path)))
}
