import { escapeHtml } from './escape-html.ts'

/** Text as it is, in one block: what cannot be rendered is still read. */
export const asPlainText = (text: string): string => `<pre>${escapeHtml(text)}</pre>`
