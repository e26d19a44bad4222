import type { Config, DOMPurify } from 'dompurify'
import { createMarkdownDrafter, purifyMarkdownWith } from './markdown-engine.ts'
import type { ResolvedMarkdownPolicy } from './markdown-policy.ts'

/** What a DOM is used for. It is sent to threads, so it is data. */
export type SanitizerJob =
  | { readonly kind: 'html'; readonly config: Config }
  | { readonly kind: 'markdown'; readonly policy: ResolvedMarkdownPolicy }

/** Gives a fresh DOMPurify the job's configuration. The result sanitises HTML. */
export function configurePurifier(purifier: DOMPurify, job: SanitizerJob): (html: string) => string {
  if (job.kind === 'markdown') return purifyMarkdownWith(purifier, job.policy)
  purifier.setConfig(job.config)
  return (html) => purifier.sanitize(html)
}

/** What a thread does with one text, from its source on. */
export function workOffJob(job: SanitizerJob, purify: (html: string) => string): (text: string) => string {
  if (job.kind === 'html') return purify
  const draft = createMarkdownDrafter(job.policy)
  return (text) => {
    const { html, isFinished } = draft(text)
    return isFinished ? html : purify(html)
  }
}
