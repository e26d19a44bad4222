import { registrableDomain } from './public-suffix.ts'

/** What is wrong with an expression that names trusted origins. */
export interface PatternFaults {
  /** It matches a part of the origin, or an alternative stands outside a group. */
  readonly notAnchored: boolean
  /** A dot stands for any character. */
  readonly looseDot: boolean
  /** It matches an origin under a name that somebody else can register. */
  readonly foreignDomain: boolean
}

/** Reads an expression for faults that let other origins in. `isOrigin` says what browsers can send. */
export function patternFaults(pattern: RegExp, isOrigin: (value: string) => boolean): PatternFaults {
  const { anchored, looseDot } = inspect(pattern.source)
  return {
    notAnchored: !anchored,
    looseDot,
    foreignDomain: matchesForeignDomain(pattern, isOrigin),
  }
}

/** Whether an expression matches origins of plain HTTP. */
export const matchesPlainHttp = ({ source }: RegExp): boolean => /^\^\(*(?:\?:)?http(?!s:|s\()/.test(source)

/** Reads just far enough to see the anchors, the outer alternatives and the lone dots. */
function inspect(source: string): { readonly anchored: boolean; readonly looseDot: boolean } {
  let depth = 0
  let inClass = false
  let outerAlternative = false
  let looseDot = false
  let endsAnchored = false
  for (let index = 0; index < source.length; index++) {
    const char = source.charAt(index)
    endsAnchored = false
    if (char === '\\') index++
    else if (inClass) inClass = char !== ']'
    else if (char === '[') inClass = true
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) outerAlternative = true
    else if (char === '.' && !'*+{'.includes(source.charAt(index + 1) || ' ')) looseDot = true
    else if (char === '$' && depth === 0) endsAnchored = true
  }
  return { anchored: source.startsWith('^') && endsAnchored && !outerAlternative, looseDot }
}

/** The pieces of host names that an expression has as plain text, such as `.example.com`. */
function literalPieces(source: string): readonly string[] {
  const withoutClasses = source.replace(/\[(?:\\.|[^\]\\])*\]/g, '(').replace(/\\([.\-_])/g, '$1@')
  // No host name holds `@`: it marks a literal dot, hyphen or underscore; a letter before a quantifier may be missing.
  const pieces = withoutClasses.match(/(?:[a-z0-9-](?![?*+{])|[.\-_]@(?![?*+{]))+/gi) ?? []
  return pieces
    .map((piece) => piece.replaceAll('@', '').toLowerCase())
    .filter((piece) => /[a-z]/.test(piece) && !/^https?$/.test(piece))
}

/** What an attacker could own. */
const foreign = 'evil'

function candidateHosts(pieces: readonly string[]): readonly string[] {
  const alone = pieces.flatMap((piece) => [
    `${foreign}${piece}`,
    `${foreign}-${piece}`,
    `a.${foreign}${piece}`,
    // A piece may end in a dot itself.
    `${piece.replace(/\.$/, '')}.test`,
    `${piece}${foreign}.test`,
    `${piece}.${foreign}.test`,
  ])
  const pairs = pieces.flatMap((first) =>
    pieces.flatMap((second) => ['', '.', '-', 'a.'].map((joint) => `${first}${joint}${foreign}${second}`)),
  )
  return [`${foreign}.test`, `a.${foreign}.test`, `${foreign}.com`, ...alone, ...pairs]
}

/**
 * Tries origins that others could have: the expression's own pieces with a foreign name before, between and after them.
 * One that matches, and does not belong to a domain that the expression spells out, lets somebody else in.
 */
function matchesForeignDomain(pattern: RegExp, isOrigin: (value: string) => boolean): boolean {
  const pieces = literalPieces(pattern.source)
  const own = new Set(pieces.map((piece) => registrableDomain(piece.replace(/^[.\-_]+/, ''))))
  return candidateHosts(pieces).some((host) => {
    const isMatched = ['https://', 'http://'].some((scheme) =>
      ['', ':1', ':8443'].some((port) => {
        const origin = `${scheme}${host}${port}`
        return isOrigin(origin) && pattern.test(origin)
      }),
    )
    const domain = isMatched ? registrableDomain(host) : undefined
    return domain !== undefined && !own.has(domain)
  })
}
