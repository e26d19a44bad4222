import { isUtf8 } from 'node:buffer'
import type { BodyFormat } from './body-formats.ts'
import { forbiddenName } from './forbidden-name.ts'
import { type ParsedBody, parseJsonText, withoutByteOrderMark } from './json-body.ts'
import { findJsonFault, type JsonLimits } from './json-fault.ts'

/** What the guard makes values of. */
export type ReadFormat = BodyFormat | 'json'

type Read = (text: string, limits: JsonLimits) => ParsedBody

const readText: Read = (text) => ({ value: text })

/** A list of the lines' values. Blank lines count for nothing. */
const readNdjson: Read = (text, limits) => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const fault = findJsonFault(`[${lines.join(',')}]`, { ...limits, maxDepth: limits.maxDepth + 1 })
  if (fault) return { refusal: fault }
  try {
    // Each by itself: what is JSON together need not be so line by line.
    return { value: lines.map((line): unknown => JSON.parse(line)) }
  } catch {
    return { refusal: 'malformed' }
  }
}

const replacement = /\ufffd/g

/** The same as it is sent, with `%` or without. */
const sentReplacement = /%ef%bf%bd|\ufffd/gi

const countOf = (pattern: RegExp, text: string): number => text.match(pattern)?.length ?? 0

/** The constructor drops one `?` at the start, which a form may begin its first name with. */
const asQuery = (form: string): string => (form.startsWith('?') ? `?${form}` : form)

/**
 * A form as the WHATWG URL Standard reads it: `a[b]` is a name like any other, and a name that is there several times has
 * a list. Bytes that are no UTF-8 would become other characters, so they are refused.
 */
const readForm: Read = (text, { maxKeys, maxArrayLength }) => {
  if (text.split('&', maxKeys + 1).length > maxKeys) return { refusal: 'too-many-keys' }
  const fields = new Map<string, string | string[]>()
  let replacements = 0
  for (const [name, value] of new URLSearchParams(asQuery(text))) {
    if (forbiddenName.test(name)) return { refusal: 'forbidden-key' }
    replacements += countOf(replacement, name) + countOf(replacement, value)
    const earlier = fields.get(name)
    if (earlier === undefined) fields.set(name, value)
    else if (typeof earlier === 'string') fields.set(name, [earlier, value])
    else if (earlier.push(value) > maxArrayLength) return { refusal: 'array-too-long' }
  }
  if (replacements !== countOf(sentReplacement, text)) return { refusal: 'invalid-utf8' }
  return { value: Object.fromEntries(fields) }
}

const readers: Readonly<Record<ReadFormat, Read>> = {
  json: parseJsonText,
  ndjson: readNdjson,
  text: readText,
  urlencoded: readForm,
}

/** Parses a body in UTF-8 whose structure stays within the limits. An empty one is `undefined`. */
export function parseBody(format: ReadFormat, bytes: Buffer, limits: JsonLimits): ParsedBody {
  if (bytes.length === 0) return { value: undefined }
  if (!isUtf8(bytes)) return { refusal: 'invalid-utf8' }
  return readers[format](withoutByteOrderMark(bytes.toString('utf8')), limits)
}
