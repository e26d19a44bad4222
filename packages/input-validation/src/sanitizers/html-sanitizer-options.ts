import {
  type Clock,
  clockRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { Config } from 'dompurify'
import { type HtmlPolicy, htmlPolicyRule, toDomPurifyConfig } from '../html/html-policy.ts'

/** Options of `createHtmlSanitizer`. */
export interface HtmlSanitizerOptions {
  /** What the HTML may hold. @default text, headings, lists, tables, links and images */
  readonly policy?: HtmlPolicy | undefined
  /**
   * The most characters, in UTF-16 code units; text without markup may have any number.
   * @default 262_144
   */
  readonly maxLength?: number | undefined
  /**
   * The most elements inside each other. Browsers stop at 512 and build another tree from there on.
   * @default 256
   */
  readonly maxDepth?: number | undefined
  /**
   * How long one text may take in a thread, in milliseconds.
   * @default 2_000
   */
  readonly timeoutMs?: number | undefined
  /**
   * How many threads there may be; each takes about 100 MB of memory once used.
   * @default 1
   */
  readonly workers?: number | undefined
  /**
   * How many texts may wait for a thread.
   * @default 100
   */
  readonly maxQueued?: number | undefined
  /** Told of time-outs and of threads that failed. @default silent */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** The options with everything decided. */
export interface ResolvedHtmlSanitizerOptions {
  readonly config: Config
  readonly maxLength: number
  readonly maxDepth: number
  readonly timeoutMs: number
  readonly size: number
  readonly maxQueued: number
  readonly logger: Logger
  readonly clock: Clock
}

const optionsRule = option.objectOf<HtmlSanitizerOptions>({
  policy: htmlPolicyRule,
  maxLength: option.integer({ min: 1, max: 2 ** 24 }),
  maxDepth: option.integer({ min: 1, max: 500 }),
  timeoutMs: option.integer({ min: 1 }),
  workers: option.integer({ min: 1, max: 64 }),
  maxQueued: option.integer({ min: 1 }),
  logger: loggerRule,
  clock: clockRule,
})

/** Checks the options and fills in the defaults. */
export function resolveHtmlSanitizerOptions(
  options: HtmlSanitizerOptions = {},
): ResolvedHtmlSanitizerOptions {
  const given = readOptions('html', options, optionsRule)
  return Object.freeze({
    config: Object.freeze(toDomPurifyConfig(given.policy)),
    maxLength: given.maxLength ?? 262_144,
    maxDepth: given.maxDepth ?? 256,
    timeoutMs: given.timeoutMs ?? 2000,
    size: given.workers ?? 1,
    maxQueued: given.maxQueued ?? 100,
    logger: given.logger ?? noopLogger,
    clock: given.clock ?? systemClock,
  })
}
