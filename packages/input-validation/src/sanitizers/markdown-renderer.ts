import { type Lifecycle, lifecycle, requirePackages } from '@alfred/core'
import { loadMarkdownIt } from '../markdown/load-markdown-it.ts'
import type { MarkdownDraft } from '../markdown/markdown-engine.ts'
import { type MarkdownRendererOptions, resolveMarkdownRendererOptions } from './markdown-renderer-options.ts'
import { asPlainText } from '../html/plain-text-html.ts'
import { createSanitizerEngine, quickWork } from '../sanitizer-threads/sanitizer-engine.ts'
import type { SanitizerOutcome } from '../sanitizer-threads/sanitizer-threads.ts'

/** Renders Markdown by one policy. */
export interface MarkdownRenderer extends Lifecycle {
  /**
   * Renders `text` as HTML that may stand in a page: at once where that is quick, in a thread where it may
   * take long. Never throws or rejects: text that is too long, nested too deeply or takes too long is shown
   * as it is, escaped, in a `pre`.
   */
  readonly renderMarkdown: (text: string) => string | Promise<string>
  /** Loads jsdom in this thread and in one of the pool, so that no request has to wait for it. */
  ready(): Promise<void>
}

/** Longer text is parsed in a thread too. */
const quickLength = 2048

/**
 * Builds a renderer for what a model answered. The result is sanitised last, by DOMPurify; HTML in the text is
 * shown as text, the text of code is kept as it is, and links and images stay only where the policy allows
 * them, whether written in place, by reference or as an autolink. The same is there for browsers, as
 * `@alfred/input-validation/markdown`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createMarkdownRenderer } from '@alfred/input-validation'
 *
 * const markdown = createMarkdownRenderer({ imageOrigins: ['https://images.example.com'] })
 * await markdown.ready()
 * const html = await markdown.renderMarkdown('See [the docs](https://docs.example.com/start).')
 * ```
 */
export function createMarkdownRenderer(options?: MarkdownRendererOptions): MarkdownRenderer {
  const { policy, ...threads } = resolveMarkdownRendererOptions(options)
  requirePackages({
    names: ['dompurify', 'jsdom', 'markdown-it'],
    from: import.meta.url,
    option: 'markdown',
  })
  const engine = createSanitizerEngine({ kind: 'markdown', policy }, threads)
  let draft: ((text: string) => MarkdownDraft) | undefined

  /** The Markdown parser comes with jsdom, when it is asked for. */
  const load = async (): Promise<void> => {
    const [{ createMarkdownDrafter }, { createFinishedMarkdown }] = await Promise.all([
      import('../markdown/markdown-engine.ts'),
      import('../markdown/finished-markdown.ts'),
      engine.ready(),
    ])
    draft ??= createMarkdownDrafter(policy, loadMarkdownIt(), createFinishedMarkdown(policy))
    draft('# warm **up**\n\n- [a](https://b.example) `c`')
  }

  return {
    ...lifecycle(() => engine.close(), load),
    renderMarkdown: (text) => {
      const orPlain = (outcome: SanitizerOutcome): string =>
        'html' in outcome ? outcome.html : asPlainText(text)
      if (text.length > policy.maxLength) return asPlainText(text)
      if (draft && engine.mayWorkHere() && text.length <= quickLength) {
        const { html, isFinished, work } = draft(text)
        if (isFinished) return html
        if (work <= quickWork) return orPlain(engine.here(html))
      }
      return engine.inThread(text).then(orPlain)
    },
  }
}
