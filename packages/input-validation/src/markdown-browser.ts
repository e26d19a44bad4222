import createDOMPurify from 'dompurify'
import { createMarkdownDrafter, purifyMarkdownWith } from './markdown-engine.ts'
import { type MarkdownPolicy, resolveMarkdownPolicy } from './markdown-policy.ts'

export type { MarkdownPolicy } from './markdown-policy.ts'

/** Renders Markdown by one policy. */
export interface MarkdownRenderer {
  /**
   * Renders `text` as HTML that may stand in a page. Text that is too long or nested too deeply is shown as it
   * is, escaped, in a `pre`.
   */
  readonly renderMarkdown: (text: string) => string
}

/**
 * Builds the renderer of this page: `renderMarkdown` of the server, on the page's own DOM. The module brings
 * DOMPurify and its Markdown parser along and imports nothing, so that it can be served as one file.
 *
 * @example
 * ```ts
 * import { createMarkdownRenderer } from '@alfred/input-validation/markdown'
 *
 * const { renderMarkdown } = createMarkdownRenderer({ imageOrigins: ['https://images.example.com'] })
 * declare const answer: { innerHTML: string }
 * answer.innerHTML = renderMarkdown('# Hello')
 * ```
 */
export function createMarkdownRenderer(policy?: MarkdownPolicy): MarkdownRenderer {
  const resolved = resolveMarkdownPolicy(policy)
  const draft = createMarkdownDrafter(resolved)
  const purify = purifyMarkdownWith(createDOMPurify(globalThis), resolved)
  return {
    renderMarkdown: (text) => {
      const { html, isFinished } = draft(text)
      return isFinished ? html : purify(html)
    },
  }
}
