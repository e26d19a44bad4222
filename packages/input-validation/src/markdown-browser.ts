import createDOMPurify, { type DOMPurify } from 'dompurify'
import MarkdownIt from 'markdown-it'
import {
  configureForMarkdown,
  createMarkdownDrafter,
  purifyMarkdownWith,
} from './markdown/markdown-engine.ts'
import { type MarkdownPolicy, resolveMarkdownPolicy } from './markdown/markdown-policy.ts'

export type { MarkdownPolicy } from './markdown/markdown-policy.ts'

/** An element of the page; this is all that is used of it. */
export interface MarkdownTarget {
  replaceChildren(...nodes: never[]): void
}

/** Renders Markdown by one policy. */
export interface MarkdownRenderer {
  /**
   * Renders `text` as HTML that may stand in a page. Text that is too long or nested too deeply is shown as it
   * is, escaped, in a `pre`.
   */
  readonly renderMarkdown: (text: string) => string
  /**
   * Puts the same into an element, in place of what it held. It assigns no string as HTML, so it works under
   * `require-trusted-types-for 'script'`, where `innerHTML` would be refused. A page that lists its policies allows
   * DOMPurify's: `trusted-types dompurify`.
   */
  readonly showMarkdown: (element: MarkdownTarget, text: string) => void
}

/**
 * Builds the renderer of this page: `renderMarkdown` of the server, on the page's own DOM. The module brings
 * DOMPurify and its Markdown parser along and imports nothing, so that it can be served as one file.
 *
 * @example
 * ```ts
 * import { createMarkdownRenderer } from '@alfred/input-validation/markdown'
 *
 * const { showMarkdown } = createMarkdownRenderer({ imageOrigins: ['https://images.example.com'] })
 * declare const answer: { replaceChildren(...nodes: unknown[]): void }
 * showMarkdown(answer, '# Hello')
 * ```
 */
export function createMarkdownRenderer(policy?: MarkdownPolicy): MarkdownRenderer {
  const resolved = resolveMarkdownPolicy(policy)
  const draft = createMarkdownDrafter(resolved, MarkdownIt)
  let purify: ((html: string) => string) | undefined
  let purifier: DOMPurify | undefined

  const fragmentPurifier = (): DOMPurify => {
    const created = createDOMPurify(globalThis)
    configureForMarkdown(created, resolved, { RETURN_DOM_FRAGMENT: true })
    return created
  }

  return {
    renderMarkdown: (text) => {
      const { html, isFinished } = draft(text)
      purify ??= purifyMarkdownWith(createDOMPurify(globalThis), resolved)
      return isFinished ? html : purify(html)
    },
    showMarkdown: (element, text) => {
      purifier ??= fragmentPurifier()
      // The configuration makes it a fragment; this package knows no DOM's types.
      element.replaceChildren(purifier.sanitize(draft(text).html) as never)
    },
  }
}
