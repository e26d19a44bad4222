/**
 * A String of structured fields (RFC 9651 section 3.3.3): quoted, with quotes and backslashes escaped.
 *
 * @param text - printable ASCII
 */
export const structuredString = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
