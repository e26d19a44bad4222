import { createPathMatcher, type PathMatch } from '@alfred/core'

/** Sets a letter's case bit; on other characters it only ever joins, and the real comparison follows. */
const fold = (code: number): number => code | 0x20

/**
 * Compiles a {@link PathMatch} that hardly ever matches: a path whose first character no prefix begins with
 * is passed without a closer look.
 */
export function createIgnoredPaths(match: PathMatch): ReturnType<typeof createPathMatcher> {
  const matches = createPathMatcher(match)
  if (typeof match === 'function') return matches
  const prefixes = typeof match === 'string' ? [match] : match
  if (prefixes.includes('/')) return matches
  const initials = new Set(prefixes.map((prefix) => fold(prefix.charCodeAt(1))))
  return (path, request) => initials.has(fold(path.charCodeAt(1))) && matches(path, request)
}
