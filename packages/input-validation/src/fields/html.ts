import { dropRejection, isThenable, option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import type { HtmlOutcome, HtmlSanitizer } from '../sanitizers/html-sanitizer.ts'
import { inspectedString, type StringResult } from './inspected-string.ts'
import { textDefaults, type TextOptions, textOptionRules, verbatimChecks } from './text.ts'

/** Options of `html`. */
export interface HtmlOptions extends TextOptions {
  /** What makes the HTML safe. Its `close()` is yours to call. */
  readonly sanitizer: Pick<HtmlSanitizer, 'sanitize'>
}

const optionsRule = option.objectOf<HtmlOptions>(
  { ...textOptionRules, sanitizer: option.withMethods<HtmlOptions['sanitizer']>('sanitize') },
  { required: ['maxLength', 'sanitizer'] },
)

/** Nothing but a text of the sanitiser's is taken for safe. */
const toResult = (outcome: HtmlOutcome): StringResult => {
  const html: unknown = 'html' in outcome ? outcome.html : undefined
  return typeof html === 'string' ? { text: html } : 'not-sanitized'
}

/** Lets a text that is asked for again while it is being sanitised wait for the same answer. */
function once(sanitizer: HtmlOptions['sanitizer']): (html: string) => StringResult | Promise<StringResult> {
  const pending = new Map<string, Promise<StringResult>>()
  return (html) => {
    const waiting = pending.get(html)
    if (waiting) return waiting
    const outcome = sanitizer.sanitize(html)
    if (!isThenable(outcome)) return toResult(outcome)
    // zod runs a schema that turns out to be asynchronous a second time.
    const shared = Promise.resolve(outcome)
      .then(toResult)
      .finally(() => pending.delete(html))
    // The first run is given up by zod, and with it whoever would hear of a rejection.
    dropRejection(shared)
    pending.set(html, shared)
    return shared
  }
}

/**
 * A field of HTML: the value is what the sanitiser leaves of it. Detectors tell of what was in it, in code blocks too;
 * whatever they say, everything goes through the sanitiser. What it cannot sanitise within its limits is refused.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createHtmlSanitizer, html } from '@alfred/input-validation'
 *
 * const sanitizer = createHtmlSanitizer()
 * const comment = html({ maxLength: 20_000, sanitizer })
 * await comment.parseAsync('<p onclick="steal()">Hello <b>you</b></p>') // <p>Hello <b>you</b></p>
 * ```
 */
export function html(options: HtmlOptions): ZodString {
  const { sanitizer, ...textOptions } = readOptions('html', options, optionsRule)
  return inspectedString({
    ...verbatimChecks(textOptions, { ...textDefaults, kind: 'html', showsCode: false }),
    convert: once(sanitizer),
  })
}
