import type { BodyRefusalCode } from './body-refusal.ts'
import { findJsonFault, type JsonLimits } from './json-fault.ts'

/** The value of a body, or why it is none. */
export type ParsedBody = { readonly value: unknown } | { readonly refusal: BodyRefusalCode }

/** Parsers do not take it for a part of the text. */
export const withoutByteOrderMark = (text: string): string =>
  text.charCodeAt(0) === 0xfeff ? text.slice(1) : text

/** Parses a text whose structure stays within the limits. */
export function parseJsonText(text: string, limits: JsonLimits): ParsedBody {
  const fault = findJsonFault(text, limits)
  if (fault) return { refusal: fault }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { value } : { refusal: 'not-structured' }
  } catch {
    return { refusal: 'malformed' }
  }
}

/** What iconv-lite looks for in a body of `utf-16`: either order of its bytes. */
const decoders = (charset: string): readonly string[] =>
  charset === 'utf-16' ? ['utf-16le', 'utf-16be'] : [charset]

/**
 * Why a body must not reach the application's own JSON parser. What is no JSON at all, the parser refuses itself, in the words
 * that the application is used to.
 */
export function findForeignFault(
  bytes: Buffer,
  charset: string,
  limits: JsonLimits,
): BodyRefusalCode | undefined {
  for (const name of decoders(charset)) {
    let text: string
    try {
      text = new TextDecoder(name).decode(bytes)
    } catch {
      return 'charset-unsupported'
    }
    const fault = findJsonFault(text, limits)
    if (fault !== undefined && fault !== 'malformed') return fault
  }
  return undefined
}
