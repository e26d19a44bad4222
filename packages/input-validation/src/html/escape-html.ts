const special = /[&<>"']/

const entities: Readonly<Record<number, string>> = {
  0x22: '&quot;',
  0x26: '&amp;',
  0x27: '&#39;',
  0x3c: '&lt;',
  0x3e: '&gt;',
}

/**
 * Escapes text for HTML, as the content of an element or a quoted attribute value. It is not enough for
 * scripts, styles, comments, URLs or unquoted attributes.
 *
 * @example
 * ```ts
 * import { escapeHtml } from '@alfred/input-validation'
 *
 * const row = (message: string) => `<td>${escapeHtml(message)}</td>`
 * ```
 */
export function escapeHtml(text: string): string {
  const first = text.search(special)
  if (first === -1) return text
  let escaped = ''
  let copied = 0
  for (let index = first; index < text.length; index++) {
    const entity = entities[text.charCodeAt(index)]
    if (entity === undefined) continue
    escaped += text.slice(copied, index) + entity
    copied = index + 1
  }
  return escaped + text.slice(copied)
}
