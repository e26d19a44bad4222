import { option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import { valueThreshold } from '../detectors/text/finding.ts'
import { createInspection } from '../inspection/inspection.ts'
import { inspectedString } from './inspected-string.ts'

/** Options of `fileName`. */
export interface FileNameOptions {
  /** The extensions that are allowed, without the dot; case does not count. @default any */
  readonly extensions?: readonly string[] | undefined
  /** The most bytes in UTF-8: what file systems count. @default 255 */
  readonly maxBytes?: number | undefined
}

const optionsRule = option.objectOf<FileNameOptions>({
  extensions: option.list(
    option.string({ pattern: /^[A-Za-z0-9]{1,16}$/, hint: 'letters and digits, without the dot' }),
    { min: 1 },
  ),
  maxBytes: option.integer({ min: 1, max: 255 }),
})

/** Names of devices, with any extension (Windows: "Naming Files, Paths, and Namespaces"). */
const devices = new Set(
  ['con', 'prn', 'aux', 'nul', 'conin$', 'conout$'].concat(
    ...['com', 'lpt'].map((port) => Array.from('0123456789¹²³').map((digit) => port + digit)),
  ),
)

/** What is no character of a file name on one system or another: separators, wildcards, streams, controls. */
const forbidden = '/\\:*?"<>|\u2028\u2029\u2044\u2215\u29f8\uff0f\uff3c\u007f'

function isFileName(name: string): boolean {
  for (const character of name) if (character < ' ' || forbidden.includes(character)) return false
  // Windows drops dots and spaces at the end, and so finds another file; names that begin with - are read as options.
  if (name.startsWith('-') || name.startsWith(' ') || name.endsWith(' ') || name.endsWith('.')) return false
  if (name.startsWith('.') && !name.slice(1).trim()) return false
  const [stem = ''] = name.split('.', 1)
  return !devices.has(stem.trimEnd().toLowerCase())
}

/**
 * The name of a file, without any folder: no separators in any notation, no `..`, nothing that one of the usual file
 * systems gives a meaning of its own, no characters that hide the extension. It is kept as it is. Do not build paths of
 * it all the same: store under a name of your own, and use this one for showing.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { fileName } from '@alfred/input-validation'
 *
 * fileName({ extensions: ['md', 'txt'] }).parse('Notes on Größe.md')
 * ```
 */
export function fileName(options: FileNameOptions = {}): ZodString {
  const { extensions, maxBytes = 255 } = readOptions('fileName', options, optionsRule)
  const allowed = extensions && new Set(extensions.map((extension) => extension.toLowerCase()))
  const hasExtension = (name: string): boolean =>
    allowed === undefined ||
    (name.includes('.') && allowed.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()))
  return inspectedString({
    size: { maxLength: maxBytes, minLength: 1, maxBytes },
    accept: (name) => (isFileName(name) && hasExtension(name) ? undefined : 'wrong-format'),
    inspect: createInspection({
      kind: 'fileName',
      threshold: valueThreshold,
      showsCode: false,
      actions: { path: 'reject', unicode: 'reject' },
    }),
  })
}
