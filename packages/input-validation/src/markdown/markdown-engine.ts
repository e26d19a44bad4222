import type { Config, DOMPurify } from 'dompurify'
import type MarkdownIt from 'markdown-it'
import { measureHtml } from '../html/html-structure.ts'
import { type ResolvedMarkdownPolicy, imageTarget, linkTarget } from './markdown-policy.ts'
import { createMarkdownToHtml, linkRelation } from './markdown-to-html.ts'
import { asPlainText } from '../html/plain-text-html.ts'
import type { SimpleHtml } from '../html/simple-html.ts'

/** What DOMPurify hands a hook, of which this is used. */
interface SanitizedElement {
  readonly nodeName: string
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
}

/** What rendered Markdown may hold. */
export const markdownConfig = {
  ALLOWED_TAGS:
    'a blockquote br code del em h1 h2 h3 h4 h5 h6 hr img li ol p pre s strong table tbody td th thead tr ul'.split(
      ' ',
    ),
  ALLOWED_ATTR: 'align alt class href loading referrerpolicy src start title'.split(' '),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
} satisfies Config

/** The class that fenced code gets for its language. */
export const codeLanguage = /^language-[\w+#.-]{1,40}$/

/** The most elements inside each other; browsers build another tree from 512 on. */
const maxDepth = 200

/** Markdown rendered up to the point where a DOM is needed. */
export interface MarkdownDraft {
  /** HTML that no one has sanitised yet, or the finished HTML of text that is shown as it is. */
  readonly html: string
  readonly isFinished: boolean
  /** How much work a DOM will have with it. */
  readonly work: number
}

/**
 * Builds the half of rendering that needs no DOM.
 *
 * @param Parser - markdown-it, which is loaded where it is needed
 * @param finish - sanitises what needs none for that either
 */
export function createMarkdownDrafter(
  policy: ResolvedMarkdownPolicy,
  Parser: typeof MarkdownIt,
  finish?: SimpleHtml,
): (text: string) => MarkdownDraft {
  const toHtml = createMarkdownToHtml(policy, Parser)
  const finished = (text: string): MarkdownDraft => ({ html: asPlainText(text), isFinished: true, work: 0 })
  return (text) => {
    if (text.length > policy.maxLength) return finished(text)
    const html = toHtml(text)
    const simple = finish?.(html, maxDepth)
    if (simple !== undefined) return { html: simple, isFinished: true, work: 0 }
    const { tags, depth } = measureHtml(html, maxDepth)
    return depth > maxDepth ? finished(text) : { html, isFinished: false, work: tags * depth }
  }
}

/**
 * Gives a DOMPurify, fresh from its factory, the configuration and the hook for rendered Markdown, and whatever form the
 * result shall have.
 *
 * The hook asks the policy again, of the DOM as it will be: whatever way a link or an image took through
 * Markdown, references and autolinks included, its address is judged in the element that would load it.
 */
export function configureForMarkdown(
  purifier: DOMPurify,
  policy: ResolvedMarkdownPolicy,
  form: Pick<Config, 'RETURN_DOM_FRAGMENT'> = {},
): void {
  // Fails closed: without a working DOM DOMPurify returns its input.
  if (!purifier.isSupported) throw new Error('DOMPurify does not support this DOM')
  purifier.setConfig({ ...markdownConfig, ...form })
  purifier.addHook('afterSanitizeAttributes', (node: unknown) => {
    const element = node as SanitizedElement
    if (element.nodeName === 'IMG') {
      writeTarget(element, 'src', imageTarget(element.getAttribute('src') ?? '', policy))
    } else if (element.nodeName !== 'A') {
      // The page's own classes are not for answers to use.
      if (!codeLanguage.test(element.getAttribute('class') ?? '')) element.removeAttribute('class')
    } else {
      const target = linkTarget(element.getAttribute('href') ?? '', policy)
      writeTarget(element, 'href', target)
      if (target !== undefined) element.setAttribute('rel', linkRelation)
    }
  })
}

/** The page resolves what is written here, so it is what was judged. */
function writeTarget(element: SanitizedElement, attribute: string, target: string | undefined): void {
  if (target === undefined) element.removeAttribute(attribute)
  else element.setAttribute(attribute, target)
}

/** Sanitises rendered Markdown with a DOMPurify fresh from its factory. */
export function purifyMarkdownWith(
  purifier: DOMPurify,
  policy: ResolvedMarkdownPolicy,
): (html: string) => string {
  configureForMarkdown(purifier, policy)
  return (html) => purifier.sanitize(html)
}
