import { tmpdir } from 'node:os'
import { observed, option, type Options, readOptions } from '@alfred/core'
import { fileTypes } from './file-types.ts'

const fileRule = option.object({
  /** The types that are allowed, found by the file's bytes; what the client declares decides between types of text alone. */
  types: option.list(option.oneOf(...fileTypes), { min: 1 }),
  /**
   * The most bytes of each file.
   * @default 5_242_880 (5 MiB)
   */
  maxBytes: option.integer({ min: 1, max: 2 ** 40 }).optional(),
  /**
   * The most files of this name.
   * @default 1
   */
  maxCount: option.integer({ min: 1, max: 1000 }).default(1),
})

const optionsRule = option
  .object({
    /** The fields that hold files, by their names. A file of another name is refused. */
    files: option.record(fileRule),
    /**
     * The most bytes of the whole body. The body guard in front has a bound of its own: `maxOtherBytes`.
     * @default 10_485_760 (10 MiB)
     */
    maxBytes: option.integer({ min: 1, max: 2 ** 40 }).default(10 * 2 ** 20),
    /**
     * The most fields that are no files.
     * @default 100
     */
    maxFields: option.integer({ min: 0, max: 10_000 }).default(100),
    /**
     * The most bytes of each of them.
     * @default 65_536
     */
    maxFieldBytes: option.integer({ min: 1, max: 2 ** 24 }).default(65_536),
    /**
     * How long the body may take, in milliseconds.
     * @default 120_000
     */
    timeoutMs: option.integer({ min: 1 }).default(120_000),
    /** Where files wait for their handler. @default the system's folder for temporary files */
    directory: option.string().optional(),
    /** Told of every refusal as `validation.rejected`. */
    events: observed.events,
    /** Told of every refusal at level debug, and of folders that cannot be removed. @default silent */
    logger: observed.logger,
    /** @default the machine's time */
    clock: observed.clock,
  })
  .check(({ files, maxBytes }, report) => {
    for (const [field, rule] of Object.entries(files ?? {})) {
      if (rule.maxBytes === undefined || rule.maxBytes <= maxBytes) continue
      report
        .at('files')
        .at(field)
        .at('maxBytes')
        .add('ALFRED_CONFIG_CONFLICT', 'must not be above maxBytes of the whole body.')
    }
  })

/** Options of `createUpload`. */
export interface UploadOptions extends Options<typeof optionsRule> {}

/** Checks the options and fills in the defaults. */
export function resolveUploadOptions(options: UploadOptions) {
  const { files, directory, ...read } = readOptions('upload', options, optionsRule)
  const rules = Object.entries(files).map(
    ([field, { maxBytes = 5 * 2 ** 20, ...rule }]) => [field, { ...rule, maxBytes }] as const,
  )
  return { ...read, directory: directory ?? tmpdir(), files: new Map(rules) }
}

/** The options with everything decided. */
export type ResolvedUploadOptions = ReturnType<typeof resolveUploadOptions>
