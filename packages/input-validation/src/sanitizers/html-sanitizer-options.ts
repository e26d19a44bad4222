import { observed, option, type Options, readOptions } from '@alfred/core'
import { type HtmlPolicy, htmlPolicyRule, toDomPurifyConfig } from '../html/html-policy.ts'

const htmlSanitizerRule = option.object({
  /** What the HTML may hold. @default text, headings, lists, tables, links and images */
  policy: option.custom<HtmlPolicy>(htmlPolicyRule).optional(),
  /**
   * The most characters, in UTF-16 code units; text without markup may have any number.
   * @default 262_144
   */
  maxLength: option.integer({ min: 1, max: 2 ** 24 }).default(262_144),
  /**
   * The most elements inside each other. Browsers stop at 512 and build another tree from there on.
   * @default 256
   */
  maxDepth: option.integer({ min: 1, max: 500 }).default(256),
  /**
   * How long one text may take in a thread, in milliseconds.
   * @default 2_000
   */
  timeoutMs: option.integer({ min: 1 }).default(2000),
  /**
   * How many threads there may be; each takes about 100 MB of memory once used.
   * @default 1
   */
  workers: option.integer({ min: 1, max: 64 }).default(1),
  /**
   * How many texts may wait for a thread.
   * @default 100
   */
  maxQueued: option.integer({ min: 1 }).default(100),
  /** Told of time-outs and of threads that failed. @default silent */
  logger: observed.logger,
  /** @default the machine's time */
  clock: observed.clock,
})

/** Options of `createHtmlSanitizer`. */
export interface HtmlSanitizerOptions extends Options<typeof htmlSanitizerRule> {}

/** Checks the options, fills in the defaults and writes the policy as DOMPurify takes it. */
export function resolveHtmlSanitizerOptions(options: HtmlSanitizerOptions = {}) {
  const { policy, workers, ...read } = readOptions('html', options, htmlSanitizerRule)
  return Object.freeze({ ...read, size: workers, config: Object.freeze(toDomPurifyConfig(policy)) })
}

/** The options with everything decided. */
export type ResolvedHtmlSanitizerOptions = ReturnType<typeof resolveHtmlSanitizerOptions>
