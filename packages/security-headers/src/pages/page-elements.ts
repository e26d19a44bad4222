/** A script, style or link of a page. */
export interface PageElement {
  readonly name: string
  /** Where the name in its start tag ends: where an attribute can be put in. */
  readonly attributesAt: number
  /** The text of its attributes. */
  readonly attributes: string
  /** What stands between its tags. */
  readonly content: string
}

const attributes = String.raw`(?:"[^"]*"|'[^']*'|[^'">])*`

/**
 * Comments are skipped. A quoted value of an attribute may hold `>`. The first `</script` ends a script, whatever its text
 * says (HTML standard, section 13.2.5.4).
 */
const elements = new RegExp(
  String.raw`<!--[\s\S]*?-->|<(?<name>script|style)\b(?<own>${attributes})>(?<content>[\s\S]*?)<\/\k<name>\s*>|<(?<link>link)\b(?<linked>${attributes})>`,
  'gi',
)

/** The elements of a page that a Content-Security-Policy decides about. For pages of one's own: it is no HTML parser. */
export function pageElements(html: string): readonly PageElement[] {
  return Array.from(html.matchAll(elements), ({ index, groups = {} }) => {
    const name = groups['name'] ?? groups['link'] ?? ''
    return {
      name: name.toLowerCase(),
      attributesAt: index + 1 + name.length,
      attributes: groups['own'] ?? groups['linked'] ?? '',
      content: groups['content'] ?? '',
    }
  }).filter(({ name }) => name !== '')
}
