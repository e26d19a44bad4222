import { MIMEType } from 'node:util'

/** What a body's `Content-Type` was found to be. */
export type ContentTypeVerdict = 'accepted' | 'ambiguous' | 'unsupported-charset' | 'unsupported-type'

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const quoted = String.raw`"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*"`
/** RFC 9110 section 8.3.1, with empty parameters. */
const wellFormed = new RegExp(
  String.raw`^${token}/${token}(?:[ \t]*;(?:[ \t]*${token}=(?:${token}|${quoted}))?)*[ \t]*$`,
)
const charsetParameter = /;[ \t]*charset=/gi

/**
 * Whether parsers could read a `Content-Type` in different ways: one that is malformed, or names two charsets. Where it
 * speaks of JSON at all, a later parser may take the body in another charset than this guard has judged.
 */
const isAmbiguous = (contentType: string): boolean =>
  /json/i.test(contentType) &&
  (!wellFormed.test(contentType) || (contentType.match(charsetParameter)?.length ?? 0) > 1)

/**
 * Compiles the allow-list. An entry ending in `/*+json` takes every subtype with that structured
 * suffix (RFC 6839 section 3.1).
 *
 * A charset other than UTF-8 is refused: JSON between systems is always UTF-8 (RFC 8259 section 8.1).
 */
export function compileContentTypes(
  contentTypes: readonly string[],
): (contentType: string | undefined) => ContentTypeVerdict {
  const exact = new Set(contentTypes.map((type) => type.toLowerCase()))
  const suffixed = [...exact]
    .filter((type) => type.endsWith('/*+json'))
    .map((type) => type.slice(0, -'*+json'.length))

  return (contentType) => {
    if (contentType === undefined) return 'unsupported-type'
    if (exact.has(contentType)) return 'accepted'
    if (isAmbiguous(contentType)) return 'ambiguous'
    let parsed: MIMEType
    try {
      parsed = new MIMEType(contentType)
    } catch {
      return 'unsupported-type'
    }
    const { essence } = parsed
    const allowed =
      exact.has(essence) ||
      (essence.endsWith('+json') && suffixed.some((prefix) => essence.startsWith(prefix)))
    if (!allowed) return 'unsupported-type'
    const charset = parsed.params.get('charset')
    return charset === null || charset.toLowerCase() === 'utf-8' ? 'accepted' : 'unsupported-charset'
  }
}

/** The charset that a `Content-Type` names, in lower case. JSON that names none is UTF-8. */
export function charsetOf(contentType: string | undefined): string {
  try {
    return new MIMEType(contentType ?? '').params.get('charset')?.toLowerCase() ?? 'utf-8'
  } catch {
    return 'utf-8'
  }
}
