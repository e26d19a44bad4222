import {
  clockRule,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
} from '@alfred/core'
import { type HtmlSanitizerOptions } from './html-sanitizer-options.ts'
import {
  type MarkdownPolicy,
  type ResolvedMarkdownPolicy,
  resolveMarkdownPolicy,
} from '../markdown/markdown-policy.ts'
import type { SanitizerThreadsOptions } from '../sanitizer-threads/sanitizer-threads.ts'

/** Options of `createMarkdownRenderer`. */
export interface MarkdownRendererOptions
  extends
    MarkdownPolicy,
    Pick<HtmlSanitizerOptions, 'clock' | 'logger' | 'maxQueued' | 'timeoutMs' | 'workers'> {}

/** The options with everything decided. */
export interface ResolvedMarkdownRendererOptions extends Omit<SanitizerThreadsOptions, 'job' | 'module'> {
  readonly policy: ResolvedMarkdownPolicy
}

const origin: OptionRule<string> = (value, report) => {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === value) return value
  report.add(
    'ALFRED_CONFIG_OUT_OF_RANGE',
    'must be an origin without a path, such as https://docs.example.com.',
  )
  return undefined
}

/** Mail has no origin, so its links have a name of their own. */
const linkOrigin: OptionRule<string> = (value, report) =>
  value === 'mailto:' ? value : origin(value, report)

const optionsRule = option.objectOf<MarkdownRendererOptions>({
  linkOrigins: option.anyOf("'*' or a list of origins", option.oneOf('*'), option.list(linkOrigin)),
  imageOrigins: option.list(origin),
  maxLength: option.integer({ min: 1, max: 2 ** 24 }),
  timeoutMs: option.integer({ min: 1 }),
  workers: option.integer({ min: 1, max: 64 }),
  maxQueued: option.integer({ min: 1 }),
  logger: loggerRule,
  clock: clockRule,
})

/** Checks the options and fills in the defaults. */
export function resolveMarkdownRendererOptions(
  options: MarkdownRendererOptions = {},
): ResolvedMarkdownRendererOptions {
  const read = readOptions('markdown', options, optionsRule)
  return Object.freeze({
    policy: Object.freeze(resolveMarkdownPolicy(read)),
    timeoutMs: read.timeoutMs ?? 2000,
    size: read.workers ?? 1,
    maxQueued: read.maxQueued ?? 100,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}
