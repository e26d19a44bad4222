import { MIMEType } from 'node:util'

/** What a body's `Content-Type` was found to be. */
export type ContentTypeVerdict = 'accepted' | 'unsupported-charset' | 'unsupported-type'

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
