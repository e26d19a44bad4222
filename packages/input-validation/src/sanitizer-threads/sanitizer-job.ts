import type { Config, DOMPurify } from 'dompurify'
import { createFinishedMarkdown } from '../markdown/finished-markdown.ts'
import { measureHtml } from '../html/html-structure.ts'
import { loadMarkdownIt } from '../markdown/load-markdown-it.ts'
import { createMarkdownDrafter, purifyMarkdownWith } from '../markdown/markdown-engine.ts'
import type { ResolvedMarkdownPolicy } from '../markdown/markdown-policy.ts'

/** What a DOM is used for. It is sent to threads, so it is data. */
export type SanitizerJob =
  | { readonly kind: 'html'; readonly config: Config; readonly maxDepth: number }
  | { readonly kind: 'markdown'; readonly policy: ResolvedMarkdownPolicy }

/** Gives a fresh DOMPurify the job's configuration. The result sanitises HTML. */
export function configurePurifier(purifier: DOMPurify, job: SanitizerJob): (html: string) => string {
  if (job.kind === 'markdown') return purifyMarkdownWith(purifier, job.policy)
  purifier.setConfig(job.config)
  return (html) => purifier.sanitize(html)
}

/** What a job makes of a text: HTML, or that its elements are too deep inside each other for a DOM. */
export type SanitizerResult = { readonly html: string } | { readonly failure: 'too-deep' }

/** What a thread does with one text, from its source on. */
export function workOffJob(
  job: SanitizerJob,
  purify: (html: string) => string,
): (text: string) => SanitizerResult {
  if (job.kind === 'html') {
    return (text) =>
      measureHtml(text, job.maxDepth).depth > job.maxDepth ? { failure: 'too-deep' } : { html: purify(text) }
  }
  const draft = createMarkdownDrafter(job.policy, loadMarkdownIt(), createFinishedMarkdown(job.policy))
  return (text) => {
    const { html, isFinished } = draft(text)
    return { html: isFinished ? html : purify(html) }
  }
}
