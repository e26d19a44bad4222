import { type Lifecycle, lifecycle, requirePackages } from '@alfred/core'
import { sanitizeWithoutMarkup } from '../html/html-fast-path.ts'
import { type HtmlSanitizerOptions, resolveHtmlSanitizerOptions } from './html-sanitizer-options.ts'
import { type HtmlStructure, measureHtml } from '../html/html-structure.ts'
import { createSimpleHtml } from '../html/simple-html.ts'
import { createSanitizerEngine, quickWork } from '../sanitizer-threads/sanitizer-engine.ts'
import type { SanitizerFailure, SanitizerOutcome } from '../sanitizer-threads/sanitizer-threads.ts'

/** Why there is no HTML. */
export type HtmlRefusalCode = SanitizerFailure | 'too-long'

/** Sanitised HTML, or why there is none. Text that was refused is never handed on. */
export type HtmlOutcome = { readonly html: string } | { readonly refusal: HtmlRefusalCode }

/** Sanitises HTML by one policy. */
export interface HtmlSanitizer extends Lifecycle {
  /**
   * Sanitises `text`: at once where that is quick, in a thread where it may take long.
   *
   * Never throws or rejects: what cannot be sanitised within the limits is a refusal.
   */
  sanitize(text: string): HtmlOutcome | Promise<HtmlOutcome>
  /** Loads jsdom in this thread and in one of the pool, so that no request has to wait for it. */
  ready(): Promise<void>
}

const refused = (refusal: HtmlRefusalCode): HtmlOutcome => Object.freeze({ refusal })
const tooLong = refused('too-long')
const tooDeep = refused('too-deep')

/** Longer text that needs a DOM is looked at in a thread alone: it may cost more than its elements. */
const quickLength = 4096

const isQuick = ({ tags, depth, hasCustomElements }: HtmlStructure): boolean =>
  tags * depth <= quickWork && !hasCustomElements

const toOutcome = (outcome: SanitizerOutcome): HtmlOutcome =>
  'html' in outcome ? outcome : { refusal: outcome.failure }

/**
 * Builds a sanitiser for HTML: DOMPurify on jsdom, which is loaded when the first markup comes, or by
 * `ready()`. What it returns is what DOMPurify returns for the same configuration, byte for byte.
 *
 * Text without markup needs no DOM, nor does well-formed HTML of plain elements. Other text is refused when it is too
 * long or nested too deeply, before anything parses it. Once `ready()` has loaded jsdom, short HTML is sanitised at
 * once; all other, and what comes in a turn of the event loop that has already spent 8 ms, goes to worker threads.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createHtmlSanitizer } from '@alfred/input-validation'
 *
 * const sanitizer = createHtmlSanitizer({ policy: { forbiddenTags: ['img'] } })
 * await sanitizer.ready()
 * const outcome = await sanitizer.sanitize('<p onclick="steal()">Hello <b>you</b></p>')
 * if ('html' in outcome) save(outcome.html) // <p>Hello <b>you</b></p>
 *
 * declare function save(html: string): void
 * ```
 */
export function createHtmlSanitizer(options?: HtmlSanitizerOptions): HtmlSanitizer {
  const { config, maxLength, maxDepth, ...threads } = resolveHtmlSanitizerOptions(options)
  requirePackages({ names: ['dompurify', 'jsdom'], from: import.meta.url, option: 'html' })
  const engine = createSanitizerEngine({ kind: 'html', config, maxDepth }, threads)
  const simpleHtml = createSimpleHtml(config)
  let closed = false

  return {
    ...lifecycle(
      async () => {
        closed = true
        await engine.close()
      },
      () => engine.ready(),
    ),
    sanitize(text) {
      const plain = sanitizeWithoutMarkup(text)
      if (plain !== undefined) return { html: plain }
      if (closed) return refused('closed')
      if (text.length > maxLength) return tooLong
      const simple = simpleHtml(text, maxDepth)
      if (simple !== undefined) return { html: simple }
      if (text.length <= quickLength) {
        const structure = measureHtml(text, maxDepth)
        if (structure.depth > maxDepth) return tooDeep
        if (engine.mayWorkHere() && isQuick(structure)) return toOutcome(engine.here(text))
      }
      return engine.inThread(text).then(toOutcome)
    },
  }
}
