import type { Config } from 'dompurify'
import { isComparedDomPurify } from './is-compared-dom-purify.ts'
import { createSimpleHtmlPolicy, type SimpleElementCheck } from './simple-html-policy.ts'
import { SimpleHtmlReader } from './simple-html-reader.ts'

/** @returns the HTML, or `undefined` when a parser has to look at it */
export type SimpleHtml = (text: string, maxDepth: number) => string | undefined

/** Characters that a parser drops or replaces. Form feed counts as white space in front of a body. */
const replaced = /[\0\f\r]/

/**
 * Sanitises well-formed HTML of plain elements without a DOM: what an editor or a Markdown renderer writes, and text in which
 * names in angle brackets are no HTML at all, as in `Map<string, number>`.
 *
 * What comes out is the text that went in, of which tags that mean nothing are cut out and single characters are replaced:
 * `<`, `>`, `&` and no-break spaces by references, references to quotation marks by these, `<br/>` by `<br>`; and a `tbody`
 * that was left out is written. So the output has no tag but those of `simpleElements`, and no attribute but those of
 * `simpleAttributes`, and of both only what the policy allows, with values without `<` and `>`.
 *
 * It is, byte for byte, what DOMPurify on a DOM gives:
 *
 * - The tree is the one that the tags show, as `simpleElements` tells of each. `html`, `head` and `body` open by themselves
 *   (HTML Standard, 13.2.6.4.1 to 6), and DOMPurify puts back the white space that is dropped there.
 * - Every end tag closes the element opened last, and a text is text as long as its references are known.
 * - An element that parsers have no rules for ("any other start tag" and "any other end tag" of 13.2.6.4.7) is in nobody's
 *   way: an end tag of another element closes it too. DOMPurify leaves its content and takes it away.
 * - DOMPurify takes nothing away of what its lists allow: no element has a namespace other than HTML's, none holds raw text,
 *   and none is one that may be clobbered.
 * - The serialiser (13.3) writes the same tags, attributes in the same order, and the characters as above.
 *
 * Everything that it is not sure of is left to the parser, at the first character that shows it; and all of it under a
 * release of DOMPurify that it was not compared with.
 *
 * @param check - judges elements that have attributes beside the policy's lists
 * @param isCompared - whether the installed DOMPurify gives the same
 */
export function createSimpleHtml(
  config: Config,
  check?: SimpleElementCheck,
  isCompared: () => boolean = isComparedDomPurify,
): SimpleHtml {
  const policy = createSimpleHtmlPolicy(config, check)
  return (text, maxDepth) => {
    // Of such text DOMPurify changes nothing.
    if (!text.includes('<')) return text
    return replaced.test(text) || !isCompared()
      ? undefined
      : new SimpleHtmlReader(text, maxDepth, policy).read()
  }
}
