import type MarkdownIt from 'markdown-it'
import { escapeHtml } from '../html/escape-html.ts'
import { type ResolvedMarkdownPolicy, imageTarget, linkTarget } from './markdown-policy.ts'

/** What a link of an answer tells the site that it leads to, and search engines: nothing. */
export const linkRelation = 'noopener nofollow'

/**
 * How deep markdown-it follows quotes and lists; what is deeper it would leave out. It is beyond the depth at
 * which the whole text is shown as it is, so that nothing is ever left out.
 */
const maxNesting = 250

/**
 * Builds the first half of rendering: Markdown to HTML that the second half, DOMPurify, looks at again. HTML in
 * the text is text. Links and images that the policy refuses become their text.
 */
export function createMarkdownToHtml(
  policy: ResolvedMarkdownPolicy,
  Parser: typeof MarkdownIt,
): (text: string) => string {
  const markdown = new Parser({ html: false, linkify: false, maxNesting })
  // What is no link for the policy stays the text it was, as if the brackets meant nothing.
  markdown.validateLink = (address) =>
    linkTarget(address, policy) !== undefined || imageTarget(address, policy) !== undefined
  const { rules } = markdown.renderer
  rules['image'] = (tokens, index, options, environment, renderer) => {
    const token = tokens[index]
    if (!token) return ''
    const alternative = renderer.renderInlineAsText(token.children ?? [], options, environment)
    const source = imageTarget(String(token.attrGet('src') ?? ''), policy)
    if (source === undefined) return escapeHtml(alternative)
    token.attrSet('src', source)
    token.attrSet('alt', alternative)
    token.attrSet('referrerpolicy', 'no-referrer')
    token.attrSet('loading', 'lazy')
    return renderer.renderToken(tokens, index, options)
  }
  rules['link_open'] = (tokens, index, options, _environment, renderer) => {
    const token = tokens[index]
    const target = linkTarget(String(token?.attrGet('href') ?? ''), policy)
    if (target !== undefined) token?.attrSet('href', target)
    token?.attrSet('rel', linkRelation)
    return renderer.renderToken(tokens, index, options)
  }
  // A style attribute would need a looser Content-Security-Policy.
  for (const name of ['th_open', 'td_open']) {
    rules[name] = (tokens, index, options, _environment, renderer) => {
      const token = tokens[index]
      const alignment = /^text-align:(left|center|right)$/.exec(String(token?.attrGet('style') ?? ''))?.[1]
      if (token) token.attrs = alignment === undefined ? null : [['align', alignment]]
      return renderer.renderToken(tokens, index, options)
    }
  }
  return (text) => markdown.render(text)
}
