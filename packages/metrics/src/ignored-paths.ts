import type { IncomingMessage } from 'node:http'
import { createPathMatcher, type PathMatch, requestPath, requestTarget } from '@alfred/core'

/** Sets a letter's case bit; on other characters it only ever joins, and the real comparison follows. */
const fold = (code: number): number => code | 0x20

/**
 * Compiles a {@link PathMatch} that hardly ever matches: a request whose path begins with a character that
 * no prefix begins with is passed without a closer look.
 */
export function createIgnoredPaths(match: PathMatch): (request: IncomingMessage) => boolean {
  const matches = createPathMatcher(match)
  const matchesPath = (request: IncomingMessage): boolean => matches(requestPath(request), request)
  if (typeof match === 'function') return matchesPath
  const prefixes = typeof match === 'string' ? [match] : match
  const isInitial = new Uint8Array(128)
  if (prefixes.some((prefix) => !(prefix.charCodeAt(1) < isInitial.length))) return matchesPath
  for (const prefix of prefixes) isInitial[fold(prefix.charCodeAt(1))] = 1
  return (request) => {
    const target = requestTarget(request)
    const isPath = target.charCodeAt(0) === 0x2f /* / */
    if (isPath && isInitial[fold(target.charCodeAt(1))] !== 1) return false
    return matchesPath(request)
  }
}
