import { createHash } from 'node:crypto'
import { pageElements } from './page-elements.ts'

/** The sources that allow what stands inline in a page. */
export interface CspHashes {
  readonly scriptSrc: readonly string[]
  readonly styleSrc: readonly string[]
}

/**
 * Hashes the inline scripts and styles of a page that is a file, for `script-src` and `style-src`. Event handlers and `style`
 * attributes are no elements: they stay blocked. A page whose inline scripts change with the request needs nonces instead.
 *
 * @param html - the page as it is sent, to the byte
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import { createSecurityHeaders, cspHashes } from '@alfred/security-headers'
 *
 * const { scriptSrc, styleSrc } = cspHashes(readFileSync('dist/index.html', 'utf8'))
 *
 * export const headers = createSecurityHeaders({
 *   preset: 'static',
 *   contentSecurityPolicy: {
 *     directives: { scriptSrc: ["'self'", ...scriptSrc], styleSrc: ["'self'", ...styleSrc] },
 *   },
 * })
 * ```
 */
export function cspHashes(html: string): CspHashes {
  // Parsers turn other line ends into this one before a browser hashes.
  const found = pageElements(html.replace(/\r\n?/g, '\n'))
  const hashes = (name: string): readonly string[] => [
    ...new Set(
      found
        .filter((element) => element.name === name && !/\ssrc\s*=/i.test(element.attributes))
        .map(({ content }) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`),
    ),
  ]
  return { scriptSrc: hashes('script'), styleSrc: hashes('style') }
}
